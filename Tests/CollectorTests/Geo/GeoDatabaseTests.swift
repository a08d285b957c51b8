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

    /// Of MaxMind's bad files these two are databases by their format: what is odd is only that the metadata ends in an
    /// empty list or map at the very end of the file, which made a reader look beyond it. Their record is read rightly.
    private static let sound: Set = [
        "libmaxminddb-empty-array-last-in-metadata.mmdb", "libmaxminddb-empty-map-last-in-metadata.mmdb",
    ]

    @Test func brokenFilesAreRefused() throws {
        let folder = SharedData.folder.appendingPathComponent("geoip/bad-data")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".mmdb") }
        #expect(files.count >= 20)
        for file in files {
            let path = folder.appendingPathComponent(file).path
            if Self.sound.contains(URL(fileURLWithPath: file).lastPathComponent) {
                #expect(try GeoDatabase(path: path).place(of: .v4(0x0101_0101)) == Place(), "\(file)")
            } else {
                let error = #expect(throws: GeoDatabaseError.self, "\(file)") { try GeoDatabase(path: path) }
                #expect(error?.description.contains(file) == true)
            }
        }
    }

    /// Whatever one byte of a whole database is changed to: refused, or every answer can be read.
    @Test func aDamagedByteIsRefusedOrHarmless() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: SharedData.path("geoip/test-data/GeoIP2-City-Test.mmdb")))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID().uuidString).mmdb").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var refused = 0
        for place in stride(from: 0, to: whole.count, by: 61) {
            var bytes = whole
            bytes[bytes.startIndex + place] ^= 0xFF
            try bytes.write(to: URL(fileURLWithPath: path))
            do throws(GeoDatabaseError) {
                let database = try GeoDatabase(path: path)
                for step: UInt32 in 0..<256 {
                    for address in [
                        IPAddress.v4(step << 24 | 0x0101), .v6(0x2000_0000_0000_0000 | UInt64(step) << 48, 1),
                    ] {
                        do throws(GeoDatabaseError) { _ = try database.place(of: address) } catch {
                            Issue.record("byte \(place): \(error.description)")
                        }
                    }
                }
            } catch { refused += 1 }
        }
        // At least what breaks the upper part of the tree.
        #expect(refused > 10)
    }

    @Test func aTreeThatLeadsBackIsRefused() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: SharedData.path("geoip/test-data/GeoIP2-City-Test.mmdb")))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID().uuidString).mmdb").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Both records of the node (28 bits each) lead to the other.
        for (node, other) in [(0, UInt8(0)), (5, 0), (5, 1), (5, 5), (2, 1)] {
            var bytes = whole
            for index in node * 7..<node * 7 + 7 {
                bytes[bytes.startIndex + index] = index % 7 == 2 || index % 7 == 6 ? other : 0
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: GeoDatabaseError.self) { try GeoDatabase(path: path) }
            #expect(error?.description.contains(other == 0 ? "back to its start" : "back to itself") == true)
        }
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
