import ArgumentParser
import CPlatform
import CollectorCore
import Database
import Glibc
import Logging
import Runtime
import WeirProtocol

/// `collector import`: access logs, judged and stored as if their requests came in now, on the log's own clock.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import access logs.",
        discussion: """
            Each line becomes one request; importing the same log again changes nothing. Exit status: 0 when any line \
            could be used, 4 when none could, 3 when the database is away, 5 without permission to read or \
            to write the refused lines, 64 when they cannot be written for another reason, 130 when interrupted; what \
            was read by then is stored. Interrupted while the database is away, it waits 10 s for it and ends with 3; \
            started again it stores what is missing. A named pipe is waited for until it has a writer or a signal comes.
            """)

    @Argument(
        help: "Log files, plain or gzip; - is standard input, whose site is localhost unless --site says another.")
    var files: [String]

    @Option(help: "The lines' format: auto, combined, common, vhost_combined, nginx-json or caddy-json.")
    var format: String = "auto"

    @Option(help: ArgumentHelp("The site that the log is of; needed where lines do not name one.", valueName: "host"))
    var site: String?

    @Flag(help: "Go on with the last file as it grows and is rotated, until stopped; started again, go on from there.")
    var follow = false

    @Flag(help: "Read and classify, store nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("Write the lines that were refused, with the reason, to this file.", valueName: "file"))
    var rejects: String?

    @Flag(help: "End with one JSON object on standard output.")
    var jsonSummary = false

    @Flag(help: "Show no progress.")
    var noProgress = false

    @Flag(help: "Wait until every session is judged.")
    var waitVerdicts = false

    @OptionGroup var configuration: ConfigurationOptions

    func validate() throws {
        guard LogFormat(rawValue: format) != nil else {
            throw ValidationError(
                "\(format) is not a format; one of \(LogFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard let last = files.last else { throw ValidationError("Name a log file, or - for standard input.") }
        guard !follow || last != "-" else { throw ValidationError("Standard input cannot be followed; name a file.") }
        if let site, SiteNames.normalized(site)?.contains(where: { $0.isLetter || $0.isNumber }) != true {
            throw ValidationError("--site takes a host, such as shop.example, and not '\(site)'.")
        }
        guard !follow || !dryRun else { throw ValidationError("--follow stores; it does not go with --dry-run.") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // Batches pass between threads; with an arena for each thread the heap grows to several times what is in use.
        weir_limit_arenas(2)
        let settings = configuration.load()
        do {
            let run = try await ImportRun(self, settings: settings)
            let summary = try await run.run()
            summary.print(json: jsonSummary)
            if summary.isInterrupted { Glibc.exit(ExitStatus.interrupted.rawValue) }
            if summary.accepted + summary.duplicates == 0, !follow {
                Failure(
                    .unusableInput, "no line of \(files.joined(separator: ", ")) could be used\(summary.reasons)",
                    hint: "see what is wrong with --rejects FILE, or name the format with --format"
                ).exit(program: "collector")
            }
        } catch let failure as Failure {
            failure.exit(program: "collector")
        } catch let error as LineSourceError {
            Failure(ExitStatus(rawValue: error.exitCode) ?? .unusableInput, error.description).exit(
                program: "collector")
        } catch let error as DatabaseError {
            Self.failure(of: error).exit(program: "collector")
        }
    }

    static func failure(of error: DatabaseError) -> Failure {
        switch error.kind {
        case .transient:
            Failure(
                .unavailable, "the database is away: \(error)", hint: "start it, or set database.url; then import again"
            )
        case .permission:
            Failure(.noPermission, "the database refuses: \(error)", hint: "the collector connects as weir_collector")
        case .schema:
            Failure(.configuration, "the schema does not fit: \(error)", hint: "run schema/migrate")
        default: Failure(.configuration, "the database refuses: \(error)")
        }
    }
}
