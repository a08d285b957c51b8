import ArgumentParser
import CollectorCore
import Runtime
import WeirProtocol

extension ClassifyCommand {
    /// `collector classify log-lines`.
    struct LogLines: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "log-lines", abstract: "The request that each line of an access log records.")

        @OptionGroup var input: InputOption

        @Option(help: "auto, combined, common, vhost_combined, nginx-json or caddy-json.")
        var format: LogFormat = .auto

        @Option(help: ArgumentHelp("The site that the log belongs to, as event ids depend on it.", valueName: "host"))
        var site: String?

        func run() {
            var parser = LogLineParser(format: format)
            var identity = LineIdentity(site: site ?? SiteNames().fallback)
            input.answer { bytes, writer throws(Unusable) in
                switch parser.parse(bytes) {
                case .failure(let refusal): throw Unusable(refusal.rawValue)
                case .success(let entry):
                    let record = entry.record(id: identity.id(of: entry, line: bytes), site: site)
                    guard case .object(let fields) = JSONValue(encoding: record) else { return }
                    for field in fields.fields { writer.field(field.name, field.value) }
                }
            }
        }
    }
}

extension LogFormat: ExpressibleByArgument {}
