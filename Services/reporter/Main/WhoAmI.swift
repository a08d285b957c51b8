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
        data["sockets"] = .array(await sockets.status().map(Self.permission))
        return data
    }

    /// A socket is asked by whoever may write to it and is not refused by the service itself.
    private static func permission(_ status: JSONValue) -> JSONValue {
        let path = status["socket"]?.stringValue ?? ""
        var why = access(path, W_OK) == 0 ? "" : String(cString: strerror(errno))
        if why.isEmpty, status["state"]?.stringValue == "refused" { why = status["note"]?.stringValue ?? "refused" }
        return ["socket": .string(path), "may_ask": .bool(why.isEmpty), "note": .string(why)]
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
