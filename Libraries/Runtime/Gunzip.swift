import CZlib
import Glibc

/// Unpacks gzip data that is in memory whole, as request bodies are.
public enum Gunzip {
    /// Why there is nothing to hand back.
    public enum Problem: Error, Hashable, Sendable {
        /// It is no gzip data, or ends too early, or something stands behind it.
        case damaged
        /// It unpacks to more bytes than are allowed.
        case tooLarge
    }

    /// The unpacked bytes of one or more gzip members.
    /// - Parameter limit: bytes that may come out; a small body can hold a thousand times its size.
    public static func bytes(_ packed: [UInt8], upTo limit: Int) throws(Problem) -> [UInt8] {
        var stream = z_stream()
        guard weir_gunzip_init(&stream) == Z_OK else { throw .tooLarge }
        defer { inflateEnd(&stream) }
        var unpacked: [UInt8] = []
        let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
        defer { chunk.deallocate() }
        var input = packed
        let problem: Problem? = input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while true {
                stream.next_out = chunk.baseAddress
                stream.avail_out = UInt32(chunk.count)
                let code = inflate(&stream, Z_NO_FLUSH)
                unpacked.append(contentsOf: chunk.prefix(chunk.count - Int(stream.avail_out)))
                guard unpacked.count <= limit else { return .tooLarge }
                switch code {
                case Z_OK: if stream.avail_in == 0, stream.avail_out > 0 { return .damaged }
                case Z_STREAM_END:
                    guard stream.avail_in > 0 else { return nil }
                    inflateReset(&stream)
                default: return .damaged
                }
            }
        }
        if let problem { throw problem }
        return unpacked
    }
}
