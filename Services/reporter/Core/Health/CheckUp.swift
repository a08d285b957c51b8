import WeirProtocol

/// What `analytics doctor` has looked at, and what it makes of that. Pure: who looks is elsewhere.
public struct CheckUp: Sendable {
    /// A service as its socket tells.
    public struct Service: Sendable {
        /// `throttle`, `detector-1`, …
        public var name: String
        /// Its own word, `away`, `stopped`, or `refused` where it does not serve this user.
        public var state: String
        /// Its release; nil when it does not answer.
        public var version: String?
        /// Why it does not answer; of one that has stopped, how to do without it.
        public var note: String?
        /// Its counters by name.
        public var counters: [String: Double]

        /// A service.
        public init(name: String, state: String, version: String?, note: String?, counters: [String: Double]) {
            (self.name, self.state, self.version, self.note) = (name, state, version, note)
            self.counters = counters
        }
    }

    /// What the database says of itself.
    public struct Database: Sendable {
        /// The role that asked.
        public var role: String
        /// Its clock, in milliseconds since 1970.
        public var now: Int64
        /// Roles of Weir that do not exist.
        public var missingRoles: [String]
        /// Records that were accepted, left the spool, and are neither stored, duplicates nor dead letters.
        public var missingRecords: Int64
        /// Sessions that have waited for a verdict for ten minutes and more.
        public var overdueVerdicts: Int64
        /// Critical anomalies that go on.
        public var openAnomalies: Int64

        /// What it says.
        public init(
            role: String, now: Int64, missingRoles: [String], missingRecords: Int64, overdueVerdicts: Int64,
            openAnomalies: Int64
        ) {
            (self.role, self.now, self.missingRoles) = (role, now, missingRoles)
            (self.missingRecords, self.overdueVerdicts) = (missingRecords, overdueVerdicts)
            self.openAnomalies = openAnomalies
        }
    }

    /// A folder that is written to, and the disk under it.
    public struct Disk: Sendable {
        /// The folder.
        public var path: String
        /// Bytes that may still be written, and all there are; nil when the folder cannot be looked at.
        public var room: (free: Int64, total: Int64)?
        /// Why it cannot be looked at.
        public var note: String

        /// A folder.
        public init(path: String, room: (free: Int64, total: Int64)?, note: String = "") {
            (self.path, self.room, self.note) = (path, room, note)
        }
    }

    /// How bad it is.
    public enum Level: String, Sendable {
        case ok
        /// Will be a finding if nobody acts.
        case warning
        /// Something does not work.
        case finding
    }

    /// One thing that was looked at.
    public struct Result: Sendable, Hashable {
        /// What.
        public var check: String
        /// How bad.
        public var level: Level
        /// What was seen.
        public var found: String
        /// The command or setting that mends it; empty when all is well.
        public var mend: String
    }

    /// This program's release.
    public var release: String
    /// Whose commands mend a service.
    public var manager: Manager
    /// This machine's clock, in milliseconds since 1970.
    public var now: Int64
    /// Every service that should run.
    public var services: [Service]
    /// The database, or why it does not answer.
    public var database: Swift.Result<Database, ReportError>
    /// The spool's and the dead letters' folder.
    public var disks: [Disk]
    /// Days since the file of places was made; nil without one.
    public var placesAge: Int64?

    /// What was looked at.
    public init(
        release: String, manager: Manager = .systemd, now: Int64, services: [Service],
        database: Swift.Result<Database, ReportError>, disks: [Disk], placesAge: Int64?
    ) {
        (self.release, self.manager, self.now) = (release, manager, now)
        (self.services, self.database) = (services, database)
        (self.disks, self.placesAge) = (disks, placesAge)
    }

    /// Clocks this far apart put requests into the wrong hour, in milliseconds.
    static let clockLimit: Int64 = 5000
    /// A disk with less room than this, or less than a twentieth, fills up while nobody looks.
    static let roomLimit: Int64 = 1 << 30
    /// Records wait only while the database is away: as many bytes as some 100,000 requests take.
    static let spoolLimit = 64e6
    /// Address ranges change hands; files of places appear weekly or monthly.
    static let placesLimit: Int64 = 90

    /// Everything that was looked at, in the order of the data's way.
    public var results: [Result] {
        services.flatMap { results(of: $0) } + databaseResults + disks.map(result) + placesResults
    }

    private func results(of service: Service) -> [Result] {
        var results: [Result] = []
        switch service.state {
        case "away":
            results.append(
                Result(
                    check: service.name, level: .finding,
                    found: "does not answer: \(service.note ?? "no reason given")",
                    mend: manager.status(service.name)))
        case "stopped":
            results.append(
                Result(
                    check: service.name, level: .finding, found: "has stopped",
                    mend: manager.start(service.name) + (service.note.map { "; \($0)" } ?? "")))
        case "refused":
            let isDenied = service.note?.contains("permission") == true
            results.append(
                Result(
                    check: service.name, level: .finding,
                    found: "refuses this user: \(service.note ?? "no reason given")",
                    mend: isDenied
                        ? "ask as root, or be of the socket's group: usermod -aG GROUP USER; docs/security.md has the groups"
                        : "name the user in \(service.name).users, or ask as one that is served: analytics whoami"))
        case "ok":
            let isOther = service.version != release
            results.append(
                Result(
                    check: service.name, level: isOther ? .warning : .ok,
                    found: isOther ? "runs release \(service.version ?? "?"), this is \(release)" : "answers",
                    mend: isOther ? manager.restart(service.name) : ""))
        default:
            results.append(
                Result(
                    check: service.name, level: .finding, found: "says \(service.state)",
                    mend: "\(manager.log(service.name)) says what keeps it from its work"))
        }
        if let dead = service.counters["dead_letters_total"], dead > 0 {
            results.append(
                Result(
                    check: "\(service.name): dead letters", level: .warning,
                    found: "the database has refused \(Int64(dead)) records since it began",
                    mend: "look into collector.dead.directory: each file says why, and holds the row"))
        }
        if let waiting = service.counters["spool_bytes"], waiting > Self.spoolLimit {
            results.append(
                Result(
                    check: "\(service.name): spool", level: .warning,
                    found: "\(Int64(waiting / 1e6)) MB wait for the database",
                    mend: "is PostgreSQL up, and as fast as usual? nothing is lost meanwhile"))
        }
        return results
    }

    private var databaseResults: [Result] {
        let database: Database
        switch self.database {
        case .failure(let error):
            return [Result(check: "database", level: .finding, found: error.message, mend: error.hint ?? "")]
        case .success(let answer): database = answer
        }
        var results = [
            Result(
                check: "database", level: .ok, found: "answers \(database.role), the schema is this release's", mend: ""
            )
        ]
        func add(_ check: String, _ level: Level, _ found: String, _ mend: String) {
            results.append(Result(check: check, level: level, found: found, mend: mend))
        }
        if !database.missingRoles.isEmpty {
            add(
                "roles", .finding, "there is no role \(database.missingRoles.joined(separator: ", "))",
                "schema/migrate makes them, as a role that may create roles")
        }
        let apart = database.now - now
        if abs(apart) > Self.clockLimit {
            add(
                "clock", .finding,
                "the database is \(abs(apart) / 1000) s \(apart > 0 ? "ahead of" : "behind") this machine",
                "timedatectl set-ntp true, on both")
        }
        if database.missingRecords != 0 {
            add(
                "books", .finding,
                "\(database.missingRecords) accepted records are neither stored, duplicates nor dead letters",
                "analytics ingest audit shows where")
        } else {
            add("books", .ok, "every record that left the spool is accounted for", "")
        }
        if database.overdueVerdicts > 0 {
            add(
                "verdicts", .warning, "\(database.overdueVerdicts) sessions have waited for a verdict for ten minutes",
                "do the detectors answer, and the collector? it asks again by itself")
        }
        if database.openAnomalies > 0 {
            add("anomalies", .warning, "\(database.openAnomalies) critical ones go on", "analytics anomalies list")
        }
        return results
    }

    private func result(of disk: Disk) -> Result {
        guard let room = disk.room else {
            return Result(
                check: "disk", level: .warning, found: "cannot look at \(disk.path): \(disk.note)",
                mend: "df shows it; whoever runs this must be able to reach the folder")
        }
        let megabytes = "\(room.free / 1_000_000) MB free under \(disk.path)"
        let isTight = room.free < Self.roomLimit || room.free < room.total / 20
        return Result(
            check: "disk", level: isTight ? .finding : .ok, found: megabytes,
            mend: isTight ? "make room: a full spool refuses requests, and PostgreSQL stops" : "")
    }

    private var placesResults: [Result] {
        guard let age = placesAge else { return [] }
        let isOld = age > Self.placesLimit
        return [
            Result(
                check: "places", level: isOld ? .warning : .ok, found: "the file of collector.geoip is \(age) days old",
                mend: isOld ? "put a newer file in its place; the collector reads it on SIGHUP" : "")
        ]
    }
}
