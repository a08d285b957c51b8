import ReporterCore
import Testing

/// What a check-up makes of what it saw.
@Suite struct CheckUpTests {
    private static let now: Int64 = 1_795_000_000_000

    private static func service(
        _ name: String, _ state: String = "ok", version: String? = "1.0", note: String? = nil,
        counters: [String: Double] = [:]
    ) -> CheckUp.Service {
        CheckUp.Service(name: name, state: state, version: version, note: note, counters: counters)
    }

    private static func checkUp(_ change: (inout CheckUp) -> Void = { _ in }) -> CheckUp {
        var all = CheckUp(
            release: "1.0", now: now,
            services: ["throttle", "collector", "detector-1", "reporter"].map { service($0) },
            database: .success(
                CheckUp.Database(
                    role: "weir_reporter", now: now + 20, missingRoles: [], missingRecords: 0, overdueVerdicts: 0,
                    openAnomalies: 0)),
            disks: [CheckUp.Disk(path: "/spool", room: (free: 40 << 30, total: 100 << 30))], placesAge: 8)
        change(&all)
        return all
    }

    private static func database(_ change: (inout CheckUp.Database) -> Void) -> CheckUp {
        checkUp { all in
            guard case .success(var database) = all.database else { return }
            change(&database)
            all.database = .success(database)
        }
    }

    @Test func allIsWell() {
        let results = Self.checkUp().results
        #expect(results.allSatisfy { $0.level == .ok && $0.mend.isEmpty })
        #expect(
            results.map(\.check) == [
                "throttle", "collector", "detector-1", "reporter", "database", "books", "disk", "places",
            ])
        #expect(Self.checkUp { $0.placesAge = nil }.results.last?.check == "disk")
    }

    static let cases: [(checkUp: CheckUp, check: String, level: CheckUp.Level, found: String, mend: String)] = [
        (
            checkUp { $0.services[2] = service("detector-1", "away", version: nil, note: "nobody listens") },
            "detector-1", .finding, "nobody listens", "systemctl status weir-detector@1"
        ),
        (
            checkUp { $0.services[1] = service("collector", "refused", version: nil, note: "permission denied at x") },
            "collector", .finding, "permission denied", "usermod"
        ),
        (
            checkUp { $0.services[2] = service("detector-2", "stopped", version: nil, note: "or: rm it") },
            "detector-2", .finding, "stopped", "systemctl start weir-detector@2; or: rm it"
        ),
        (
            checkUp { $0.services[1] = service("collector", "database_unavailable") }, "collector", .finding,
            "database_unavailable", "journalctl -u weir-collector"
        ),
        (
            checkUp { $0.services[0] = service("throttle", version: "0.9") }, "throttle", .warning, "0.9",
            "systemctl restart weir-throttle"
        ),
        (
            checkUp { $0.services[1] = service("collector", counters: ["dead_letters_total": 3]) },
            "collector: dead letters", .warning, "3 records", "collector.dead.directory"
        ),
        (
            checkUp { $0.services[1] = service("collector", counters: ["spool_bytes": 65e6]) }, "collector: spool",
            .warning, "65 MB", "PostgreSQL"
        ),
        (
            checkUp { $0.database = .failure(ReportError(.unavailable, "PostgreSQL is away.", hint: "Start it.")) },
            "database", .finding, "PostgreSQL is away.", "Start it."
        ),
        (database { $0.missingRoles = ["weir_operator"] }, "roles", .finding, "weir_operator", "schema/migrate"),
        (database { $0.now = now - 9000 }, "clock", .finding, "9 s behind", "set-ntp"),
        (database { $0.now = now + 9000 }, "clock", .finding, "9 s ahead of", "set-ntp"),
        (database { $0.missingRecords = 7 }, "books", .finding, "7 accepted", "ingest audit"),
        (database { $0.overdueVerdicts = 4 }, "verdicts", .warning, "4 sessions", "detectors"),
        (database { $0.openAnomalies = 1 }, "anomalies", .warning, "1 critical", "analytics anomalies list"),
        (
            checkUp { $0.disks[0].room = (free: 1 << 29, total: 2 << 30) }, "disk", .finding, "536 MB free", "make room"
        ),
        (
            checkUp { $0.disks[0].room = (free: 40 << 30, total: 1 << 40) }, "disk", .finding, "free", "make room"
        ),
        (
            checkUp { $0.disks[0] = CheckUp.Disk(path: "/spool", room: nil, note: "no such folder") }, "disk", .warning,
            "no such folder", "df"
        ),
        (checkUp { $0.placesAge = 91 }, "places", .warning, "91 days", "SIGHUP"),
    ]

    /// The command for each state that a service may be in, by what runs it.
    static let commands: [(manager: CheckUp.Manager, state: String, version: String?, mend: String)] = [
        (.stack, "away", nil, "scripts/stack start"), (.stack, "stopped", nil, "scripts/stack start"),
        (.stack, "ok", "0.9", "scripts/stack stop && scripts/stack start"),
        (.stack, "database_unavailable", "1.0", "var/log/detector-2.log"),
        (.compose, "away", nil, "docker compose ps detector"),
        (.compose, "stopped", nil, "docker compose up -d detector"),
        (.compose, "ok", "0.9", "docker compose up -d --build detector"),
        (.compose, "database_unavailable", "1.0", "docker compose logs -n 20 detector "),
    ]

    @Test(arguments: commands.indices) func whatMendsItIsTheManagersCommand(_ index: Int) {
        let command = Self.commands[index]
        let found = Self.checkUp {
            $0.manager = command.manager
            $0.services[2] = Self.service("detector-2", command.state, version: command.version)
        }.results.filter { $0.level != .ok }
        #expect(found.count == 1 && found[0].mend.contains(command.mend), "\(found)")
        #expect(!found.contains { $0.mend.contains("ctl ") }, "\(found)")
    }

    @Test(arguments: cases.indices) func oneThingIsWrong(_ index: Int) {
        let wrong = Self.cases[index]
        let found = wrong.checkUp.results.filter { $0.level != .ok }
        #expect(found.map(\.check) == [wrong.check] && found.first?.level == wrong.level)
        #expect(found.first?.found.contains(wrong.found) == true, "\(found)")
        #expect(found.first?.mend.contains(wrong.mend) == true, "\(found)")
    }
}
