import Glibc
import ReporterCore
import Runtime
import WeirProtocol

/// Looks at what `analytics doctor` judges: sockets, the database, disks and files.
struct CheckUpReader: Sendable {
    let settings: Settings
    let store: ReportStore
    let sockets: ServiceSockets

    func look() async -> CheckUp {
        let services = await sockets.status().map { row in
            var counters: [String: Double] = [:]
            if case .object(let object)? = row["counters"] {
                for field in object.fields { counters[field.name] = field.value.doubleValue }
            }
            return CheckUp.Service(
                name: row["service"]?.stringValue ?? "", state: row["state"]?.stringValue ?? "away",
                version: row["version"]?.stringValue, note: row["note"]?.stringValue, counters: counters)
        }
        let database: Result<CheckUp.Database, ReportError>
        do throws(ReportError) { database = .success(try await store.condition()) } catch { database = .failure(error) }
        let folders = [settings[.spoolDirectory], settings[.deadDirectory]]
        return CheckUp(
            release: Reporter.version,
            manager: CheckUp.Manager(rawValue: settings[.runtimeManager]) ?? .systemd,
            now: WallClock.milliseconds, services: services, database: database,
            disks: folders.enumerated().filter { folders.firstIndex(of: $1) == $0 }.map { Self.disk(under: $1) },
            placesAge: Self.days(since: settings[.geoDatabase]))
    }

    private static func disk(under path: String) -> CheckUp.Disk {
        var system = statvfs()
        guard statvfs(path, &system) == 0 else {
            return CheckUp.Disk(path: path, room: nil, note: String(cString: strerror(errno)))
        }
        let size = Int64(system.f_frsize)
        return CheckUp.Disk(
            path: path, room: (free: Int64(system.f_bavail) * size, total: Int64(system.f_blocks) * size))
    }

    /// Since the file was changed last; nil where none is named or it cannot be looked at, which its service complains of.
    private static func days(since path: String) -> Int64? {
        guard !path.isEmpty, let changed = FileText.changedAt(path) else { return nil }
        return max(0, (WallClock.milliseconds - changed) / 86_400_000)
    }
}
