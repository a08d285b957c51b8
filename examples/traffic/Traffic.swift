import ArgumentParser

@main struct Traffic: AsyncParsableCommand {
    func run() async throws {}
}
