import Glibc
import ReporterCore
import WeirProtocol

/// What whoever asks may do: as which role they read, what that role may touch, and which sockets they may ask.
struct WhoAmI: Sendable {
    let store: ReportStore
    let sockets: ServiceSockets

    func data() async -> JSONObject {
        var data: JSONObject
        do {
            data = try await store.privileges()
            data["problem"] = .null
        } catch {
            // The sockets are there all the same, and why the database is not is part of the answer.
            data = JSONObject([
                "role": .null, "database": .null, "objects": .array([]), "problem": .string(error.message),
            ])
        }
        data["system_user"] = .string(Self.user)
        data["sockets"] = .array(
            sockets.paths.map { path in
                // A socket is asked by whoever may write to it.
                let mayAsk = access(path, W_OK) == 0
                let why = mayAsk ? "" : String(cString: strerror(errno))
                return ["socket": .string(path), "may_ask": .bool(mayAsk), "note": .string(why)]
            })
        return data
    }

    private static var user: String {
        let name = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) }
        var groups = [gid_t](repeating: 0, count: 64)
        let count = max(0, Int(getgroups(Int32(groups.count), &groups)))
        let names = groups.prefix(count).map { group in
            getgrgid(group).map { String(cString: $0.pointee.gr_name) } ?? String(group)
        }
        return "\(name ?? "uid \(geteuid())")\(names.isEmpty ? "" : " (groups \(names.joined(separator: ", ")))")"
    }
}
