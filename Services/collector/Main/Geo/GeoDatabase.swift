import CMaxMindDB
import CPlatform
import Glibc
import WeirProtocol

/// Where an address is, as far as the database knows.
struct Place: Hashable, Sendable {
    /// ISO 3166-1, two letters.
    var country: String?
    /// ISO 3166-2 of the first subdivision, without the country.
    var region: String?
    /// The English name.
    var city: String?
}

/// Why a database is not taken, or an answer of it not believed.
struct GeoDatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String
}

/// A MaxMind-format database (GeoLite2-City, DB-IP, …), read-only, asked from any thread.
///
/// libmaxminddb trusts nothing in the file; what it cannot read is an error, of the file at opening or of one answer.
/// It maps the file, and a mapped file that shrinks ends its reader, so it is given a copy in memory: whoever updates
/// the file may overwrite it.
final class GeoDatabase: Sendable {
    /// Where addresses are looked for that no record covers.
    private struct Handle: @unchecked Sendable {
        // libmaxminddb's look-ups are documented as safe from several threads; it is freed in deinit only.
        let database: UnsafeMutablePointer<MMDB_s>
    }

    private let handle: Handle
    private let isIPv6: Bool

    /// Opens `path` and looks through it, so that a damaged file is refused here.
    init(path: String) throws(GeoDatabaseError) {
        let copy = try Self.copy(of: path)
        defer { close(copy) }
        let database = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        database.initialize(to: MMDB_s())
        let status = MMDB_open("/proc/self/fd/\(copy)", UInt32(MMDB_MODE_MMAP), database)
        guard status == MMDB_SUCCESS else {
            let reason =
                status == MMDB_IO_ERROR ? String(cString: strerror(errno)) : String(cString: MMDB_strerror(status))
            database.deallocate()
            throw GeoDatabaseError(description: "\(path) is not a usable geographic database: \(reason)")
        }
        handle = Handle(database: database)
        isIPv6 = database.pointee.metadata.ip_version == 6
        do throws(GeoDatabaseError) {
            try GeoDatabaseCheck.check(database)
        } catch {
            throw GeoDatabaseError(description: "\(path) is damaged: \(error.description)")
        }
    }

    deinit {
        MMDB_close(handle.database)
        handle.database.deallocate()
    }

    /// The largest file that is taken, in bytes; the largest that are sold have some 500 MB.
    private static let limit = 1 << 30

    /// A descriptor of what the file holds now.
    private static func copy(of path: String) throws(GeoDatabaseError) -> Int32 {
        func failure(_ reason: String) -> GeoDatabaseError {
            GeoDatabaseError(description: "\(path) is not a usable geographic database: \(reason)")
        }
        // A pipe would hold up whoever opens it until it has a writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure("it is no regular file") }
        guard status.st_size <= limit else { throw failure("it is larger than 1 GiB") }
        let copy = weir_anonymous_copy(file, "weir-geoip")
        guard copy >= 0 else { throw failure(String(cString: strerror(errno))) }
        return copy
    }

    /// The place of an address; empty when the database knows nothing of it.
    /// - Throws: when the file is damaged where the answer should be.
    func place(of address: IPAddress) throws(GeoDatabaseError) -> Place {
        guard var entry = try entry(of: address) else { return Place() }
        var place = Place()
        place.country = try text(&entry, Self.country)
        place.region = try text(&entry, Self.region)
        place.city = try text(&entry, Self.city)
        return place
    }

    private func entry(of address: IPAddress) throws(GeoDatabaseError) -> MMDB_entry_s? {
        var problem: Int32 = 0
        let found: MMDB_lookup_result_s
        switch address {
        case .v4(let bits):
            var socket = sockaddr_in()
            socket.sin_family = sa_family_t(AF_INET)
            socket.sin_addr.s_addr = bits.bigEndian
            found = withUnsafePointer(to: &socket) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    MMDB_lookup_sockaddr(handle.database, $0, &problem)
                }
            }
        case .v6(let high, let low):
            guard isIPv6 else { return nil }
            var socket = sockaddr_in6()
            socket.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &socket.sin6_addr) { bytes in
                bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            found = withUnsafePointer(to: &socket) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    MMDB_lookup_sockaddr(handle.database, $0, &problem)
                }
            }
        }
        guard problem == MMDB_SUCCESS else {
            throw GeoDatabaseError(description: String(cString: MMDB_strerror(problem)))
        }
        return found.found_entry ? found.entry : nil
    }

    /// The text at a path of keys; nil when there is none.
    private func text(_ entry: inout MMDB_entry_s, _ path: [StaticString]) throws(GeoDatabaseError) -> String? {
        var keys = path.map {
            UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self) as UnsafePointer<CChar>?
        }
        keys.append(nil)
        var data = MMDB_entry_data_s()
        let status = MMDB_aget_value(&entry, &data, &keys)
        switch status {
        case MMDB_SUCCESS: break
        case MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR, MMDB_INVALID_LOOKUP_PATH_ERROR: return nil
        default: throw GeoDatabaseError(description: String(cString: MMDB_strerror(status)))
        }
        guard data.has_data, data.type == UInt32(MMDB_DATA_TYPE_UTF8_STRING), data.data_size > 0,
            data.data_size <= 1024,
            let start = data.utf8_string
        else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: Int(data.data_size)), as: UTF8.self)
    }

    private static let country: [StaticString] = ["country", "iso_code"]
    private static let region: [StaticString] = ["subdivisions", "0", "iso_code"]
    private static let city: [StaticString] = ["city", "names", "en"]
}
