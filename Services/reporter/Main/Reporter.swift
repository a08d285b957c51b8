import ArgumentParser
import Runtime

/// The executable: `reporter serve` is the service, everything else is the command line that is also called
/// `analytics`.
@main
enum Reporter {
    /// The release, as `status.get` and --version give it.
    static let version = Release.version

    static func main() async {
        let name = CommandLine.arguments.first?.split(separator: "/").last ?? ""
        let arguments = Array(CommandLine.arguments.dropFirst())
        if name != "analytics",
            arguments.first == "serve" || arguments.contains("--check") || arguments.contains("--print-config")
        {
            await ServeCommand.main(arguments.first == "serve" ? Array(arguments.dropFirst()) : arguments)
        } else {
            await CommandLineDoor.run(arguments)
        }
    }
}
