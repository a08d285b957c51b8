import DetectorCore
import Runtime

/// Crawler lists as operators name them.
enum CrawlerFile {
    /// The list at `path`, or the built-in one for an empty path.
    /// - Throws: `Failure` with the first mistake and its line.
    static func load(_ path: String) throws(Failure) -> CrawlerList {
        if path.isEmpty { return .builtIn }
        let text: String
        do { text = try FileText.read(path) } catch {
            throw Failure(
                error.denied ? .noPermission : .configuration, "cannot read the crawlers in \(path): \(error.reason)")
        }
        do { return try CrawlerList(parsing: text) } catch {
            throw Failure(.configuration, "the crawlers in \(path) are wrong: \(error)")
        }
    }

    /// The list that the settings name. Where addresses are shortened nobody's can be told, so that nobody is known.
    /// - Throws: `Failure`, as `load` does.
    static func load(_ settings: Settings) throws(Failure) -> CrawlerList {
        let list = try load(settings[.detectorCrawlers])
        return settings[.addressAnonymization] == "none" ? list : .none
    }
}
