extension String {
    /// Whether there is a NUL in it, which PostgreSQL cannot store. Asked of every text of every request, hence by eight
    /// bytes at a time.
    public var holdsNUL: Bool {
        let found = utf8.withContiguousStorageIfAvailable { text in
            let bytes = UnsafeRawBufferPointer(text)
            var index = 0
            while bytes.count - index >= 8 {
                if ByteStride(bytes, at: index).equal(0) != 0 { return true }
                index += 8
            }
            return bytes[index...].contains(0)
        }
        return found ?? utf8.contains(0)
    }
}
