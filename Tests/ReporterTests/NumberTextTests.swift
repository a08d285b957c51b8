import ReporterCore
import Testing

/// Numbers as people read them.
@Suite struct NumberTextTests {
    @Test(arguments: [
        (Int64(0), "0"), (7, "7"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
        (-999, "-999"), (.max, "9,223,372,036,854,775,807"), (.min, "-9,223,372,036,854,775,808"),
    ])
    func grouped(_ value: Int64, _ text: String) { #expect(NumberText.grouped(value) == text) }

    @Test(arguments: [
        (0.0, "0%"), (0.05, "0.05%"), (0.0999, "0.10%"), (0.5, "0.5%"), (8.25, "8.3%"), (9.99, "10.0%"), (10.0, "10%"),
        (61.4, "61%"), (100.0, "100%"),
    ])
    func percent(_ value: Double, _ text: String) { #expect(NumberText.percent(value) == text) }

    @Test(arguments: [(12.34, "+12.3%"), (-12.35, "-12.4%"), (0.0, "0.0%"), (1000.0, "+1,000.0%")])
    func change(_ value: Double, _ text: String) { #expect(NumberText.change(value) == text) }

    @Test(arguments: [
        (0.0, "$0.00"), (100.0, "$0.0001"), (1234.0, "$0.0012"), (9_999.0, "$0.0100"), (10_000.0, "$0.01"),
        (1_500_000.0, "$1.50"), (99_990_000.0, "$99.99"), (100_000_000.0, "$100"), (1_234_567_890.0, "$1,235"),
        (-1_500_000.0, "-$1.50"),
    ])
    func dollars(_ microdollars: Double, _ text: String) { #expect(NumberText.dollars(microdollars) == text) }

    @Test(arguments: [
        (0.0, "0ms"), (0.4, "0.4ms"), (850.0, "850ms"), (999.4, "999ms"), (1000.0, "1.0s"), (12_500.0, "12.5s"),
        (90_000.0, "1.5m"), (5_400_000.0, "1.5h"), (216_000_000.0, "2.5d"),
    ])
    func duration(_ milliseconds: Double, _ text: String) {
        #expect(NumberText.duration(milliseconds: milliseconds) == text)
    }

    @Test func notNumbers() {
        #expect(NumberText.fixed(.nan, 1) == "–")
        #expect(NumberText.fixed(.infinity, 1) == "–")
        #expect(NumberText.fixed(1e300, 1) == "1e+300")
        #expect(NumberText.fixed(-0.04, 1) == "0.0")
    }
}
