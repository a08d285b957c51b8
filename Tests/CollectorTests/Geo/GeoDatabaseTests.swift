import Foundation
import Testing
import WeirProtocol

@testable import collector

/// MaxMind's own test databases: whole ones answer as their sources say, broken ones fail without harm.
@Suite(.needsSharedData) struct GeoDatabaseTests {
    @Test(arguments: ["GeoIP2-City-Test", "GeoIP2-Country-Test", "GeoLite2-City-Test"])
    func answersEqualTheSource(name: String) throws {
        let database = try GeoDatabase(path: SharedData.path("geoip/test-data/\(name).mmdb"))
        let networks = try source(name)
        #expect(networks.count > 100)
        for network in networks {
            // Later and smaller networks lie over earlier and larger ones.
            let covering = networks.filter { $0.prefix.contains(network.prefix.address) }
            let most = try #require(covering.max { $0.prefix.length < $1.prefix.length })
            let expected = covering.last { $0.prefix.length == most.prefix.length }
            #expect(try database.place(of: network.prefix.address) == expected?.place, "\(network.prefix)")
        }
    }

    @Test func aDatabaseWithoutPlacesKnowsNone() throws {
        let database = try GeoDatabase(path: SharedData.path("geoip/test-data/GeoLite2-ASN-Test.mmdb"))
        #expect(try database.place(of: .v4(0x0101_0101)) == Place())
    }

    @Test func brokenFilesFailAtOpeningOrInTheAnswer() throws {
        let folder = SharedData.folder.appendingPathComponent("geoip/bad-data")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".mmdb") }
        #expect(files.count >= 20)
        var refused = 0
        for file in files {
            do throws(GeoDatabaseError) {
                let database = try GeoDatabase(path: folder.appendingPathComponent(file).path)
                for step: UInt32 in 0..<2048 {
                    let address = IPAddress.v4(step << 21 | 0x0101)
                    do throws(GeoDatabaseError) { _ = try database.place(of: address) } catch {
                        #expect(!error.description.isEmpty)
                    }
                    let other = IPAddress.v6(0x2000_0000_0000_0000 | UInt64(step) << 37, 1)
                    do throws(GeoDatabaseError) { _ = try database.place(of: other) } catch {
                        #expect(!error.description.isEmpty)
                    }
                }
            } catch {
                refused += 1
                #expect(error.description.contains(".mmdb"))
            }
        }
        #expect(refused >= 10)
    }

    @Test func aDatabaseThatIsOverwrittenMeanwhileGoesOnAnswering() throws {
        let path = NSTemporaryDirectory() + "weir-places-\(UUID().uuidString).mmdb"
        defer { unlink(path) }
        try FileManager.default.copyItem(atPath: SharedData.path("geoip/test-data/GeoIP2-City-Test.mmdb"), toPath: path)
        let database = try GeoDatabase(path: path)
        let londoner = try #require(IPAddress("81.2.69.142"))
        let before = try database.place(of: londoner)
        #expect(before.country == "GB" && before.city == "London")
        try #require(truncate(path, 0) == 0)
        #expect(try database.place(of: londoner) == before)
        #expect(try database.place(of: #require(IPAddress("89.160.20.112"))).country == "SE")
        #expect(throws: GeoDatabaseError.self) { try GeoDatabase(path: path) }
    }

    @Test func aPipeIsRefusedAtOnce() throws {
        let path = NSTemporaryDirectory() + "weir-pipe-\(UUID().uuidString).mmdb"
        defer { unlink(path) }
        try #require(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: GeoDatabaseError.self) { try GeoDatabase(path: path) }
        #expect(error?.description.contains("no regular file") == true)
    }

    @Test func whatIsNoDatabaseIsRefusedByName() {
        for path in ["/nonexistent/x.mmdb", "/dev/null", "/"] {
            let error = #expect(throws: GeoDatabaseError.self) { try GeoDatabase(path: path) }
            #expect(error?.description.contains(path) == true)
        }
    }

    private func source(_ name: String) throws -> [(prefix: NetworkPrefix, place: Place)] {
        try #require(SharedData.json("geoip/source-data/\(name).json").arrayValue).flatMap { entry in
            guard case .object(let object) = entry else { return [(prefix: NetworkPrefix, place: Place)]() }
            return object.fields.compactMap { field in
                NetworkPrefix(field.name).map { prefix in
                    let value = field.value
                    return (
                        prefix,
                        Place(
                            country: value["country"]?["iso_code"]?.stringValue,
                            region: value["subdivisions"]?.arrayValue?.first?["iso_code"]?.stringValue,
                            city: value["city"]?["names"]?["en"]?.stringValue)
                    )
                }
            }
        }
    }
}
