import CMaxMindDB

/// Looks through a whole database before it is trusted: a look-up finds out only about what lies on its way, and one that
/// finds nothing in a damaged tree looks like one for an address that nobody has listed.
struct GeoDatabaseCheck {
    /// Records that are all read; of those beyond it, every sixteenth is, so that the largest files take a second or two.
    private static let full = 100_000
    private static let sampling = 16
    /// Seconds since 1970 of the year 10000; a file from then is none.
    private static let latestBuild: UInt64 = 253_402_300_800

    private enum Visit: UInt8 {
        case never, open, done
    }

    private let database: UnsafePointer<MMDB_s>
    private var visits: [Visit]
    /// One bit for each place in the data where a record can begin.
    private var seen: [UInt64]
    private var distinct = 0

    /// Checks what was opened.
    /// - Throws: `GeoDatabaseError`, with what is wrong.
    static func check(_ database: UnsafePointer<MMDB_s>) throws(GeoDatabaseError) {
        let metadata = database.pointee.metadata
        guard metadata.build_epoch < latestBuild else {
            throw GeoDatabaseError(description: "it was built at an impossible time")
        }
        guard metadata.node_count > 0 else { throw GeoDatabaseError(description: "its search tree is empty") }
        var check = GeoDatabaseCheck(database)
        try check.walk(bits: metadata.ip_version == 6 ? 128 : 32)
    }

    private init(_ database: UnsafePointer<MMDB_s>) {
        self.database = database
        visits = Array(repeating: .never, count: Int(database.pointee.metadata.node_count))
        seen = Array(repeating: 0, count: Int(database.pointee.data_section_size) / 64 + 1)
    }

    /// Visits every node once, each below the one that leads to it. IPv4 networks may be led to from several places of an
    /// IPv6 tree, but never from below themselves.
    private mutating func walk(bits: Int) throws(GeoDatabaseError) {
        var path: [(node: Int, sidesDone: Int)] = [(0, 0)]
        visits[0] = .open
        while let (node, sidesDone) = path.last {
            guard sidesDone < 2 else {
                visits[node] = .done
                path.removeLast()
                continue
            }
            path[path.count - 1].sidesDone += 1
            let sides = try sides(of: node)
            guard let next = try follow(sidesDone == 0 ? sides.left : sides.right) else { continue }
            guard visits[next] != .open, path.count < bits else {
                throw GeoDatabaseError(description: "its search tree leads back to itself or too deep")
            }
            guard visits[next] == .never else { continue }
            visits[next] = .open
            path.append((next, 0))
        }
        // Writers make no node that nothing leads to; where one is, it is at least one that could be followed.
        for node in visits.indices where visits[node] == .never {
            let sides = try sides(of: node)
            _ = try (follow(sides.left), follow(sides.right))
        }
    }

    private struct Side {
        let kind: Int32
        let node: UInt64
        let entry: MMDB_entry_s
    }

    private func sides(of node: Int) throws(GeoDatabaseError) -> (left: Side, right: Side) {
        var found = MMDB_search_node_s()
        let status = MMDB_read_node(database, UInt32(node), &found)
        guard status == MMDB_SUCCESS else {
            throw GeoDatabaseError(description: String(cString: MMDB_strerror(status)))
        }
        return (
            Side(kind: Int32(found.left_record_type), node: found.left_record, entry: found.left_record_entry),
            Side(kind: Int32(found.right_record_type), node: found.right_record, entry: found.right_record_entry)
        )
    }

    /// - Returns: the node that a side leads to; nil where it ends in a record, which was read, or in nothing.
    private mutating func follow(_ side: Side) throws(GeoDatabaseError) -> Int? {
        switch side.kind {
        case MMDB_RECORD_TYPE_SEARCH_NODE where side.node < visits.count: return Int(side.node)
        case MMDB_RECORD_TYPE_EMPTY: return nil
        case MMDB_RECORD_TYPE_DATA where side.entry.offset < database.pointee.data_section_size:
            try read(side.entry)
            return nil
        default: throw GeoDatabaseError(description: "its search tree leads out of the file or back to its start")
        }
    }

    private mutating func read(_ entry: MMDB_entry_s) throws(GeoDatabaseError) {
        let (word, bit) = (Int(entry.offset / 64), UInt64(1) << UInt64(entry.offset % 64))
        guard seen[word] & bit == 0 else { return }
        seen[word] |= bit
        distinct += 1
        guard distinct <= Self.full || distinct % Self.sampling == 0 else { return }
        var record = entry
        var list: UnsafeMutablePointer<MMDB_entry_data_list_s>?
        let status = MMDB_get_entry_data_list(&record, &list)
        MMDB_free_entry_data_list(list)
        guard status == MMDB_SUCCESS else {
            throw GeoDatabaseError(description: "a record cannot be read: \(String(cString: MMDB_strerror(status)))")
        }
    }
}
