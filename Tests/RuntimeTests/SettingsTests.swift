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
