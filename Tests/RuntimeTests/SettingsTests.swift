import Foundation
import Runtime
import Testing

@Suite struct SettingsTests {
    @Test(arguments: [
        ("WEIR_COLLECTOR_TRUSTED_PROXIES", "10.0.0.0/8, nowhere"), ("WEIR_COLLECTOR_TRUSTED_PROXIES", "1.2.3.4/99"),
        ("WEIR_COLLECTOR_HTTP_ORIGINS", "javascript:1"), ("WEIR_DATABASE_URL", "mysql://host/weir"),
        ("WEIR_DATABASE_READ_URL", "weir"),
    ])
    func whatCannotBeMeantIsRefused(_ variable: String, _ text: String) {
        let failure = #expect(throws: Failure.self) { try Settings(file: nil, environment: [variable: text]) }
        #expect(failure?.status == .configuration)
        #expect(failure?.message.contains(text) == true)
    }

    @Test(
        arguments: [
            ("collector.spol.directory", "collector.spool.directory"), ("colector.geoip", "collector.geoip"),
            ("collector.geo_ip", "collector.geoip"), ("throttle.sotre", "throttle.store"), ("log.lvel", "log.level"),
            ("retention.request_days", "retention.requests_days"),
            ("collector.spool.limit", "collector.spool.limit_bytes"),
            ("collector.session.max", "collector.session.max_seconds"), ("reporter.user", "reporter.users"),
            ("database.uri", "database.url"), ("detector.rule", "detector.rules"), ("logs.level", "log.level"),
            // Nothing is near: not what merely ends alike, nor what is far away.
            ("throttle.directory", nil), ("detector.level", nil), ("reporter.url", nil), ("database.host", nil),
            ("collector.workers", nil), ("nonsense", nil), ("x", nil), ("database", nil),
        ] as [(String, String?)])
    func aMisspeltKeyIsToldWhatIsNear(_ key: String, _ near: String?) {
        let failure = #expect(throws: Failure.self) { try Settings(file: "\(key): 1", environment: [:]) }
        #expect(failure?.message.contains("\(key) is not a setting") == true)
        let said = failure?.message.components(separatedBy: "did you mean ").dropFirst().first
        #expect(said == near.map { "\($0)?" })
    }

    @Test(arguments: [
        ("WEIR_COLLECTOR_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32,192.0.2.1"),
        ("WEIR_COLLECTOR_HTTP_ORIGINS", "https://app.example.org,http://localhost:3000"),
        ("WEIR_DATABASE_URL", "postgresql:///weir?host=/run/postgresql"),
        ("WEIR_DATABASE_URL", "host=/tmp dbname=weir"),
        ("WEIR_DATABASE_READ_URL", ""),
    ])
    func whatIsMeantIsTaken(_ variable: String, _ text: String) throws {
        _ = try Settings(file: nil, environment: [variable: text])
    }
}
