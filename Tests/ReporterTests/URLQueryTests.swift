import ReporterCore
import Testing

/// What forms, scripts and people write into a URL.
@Suite struct URLQueryTests {
    @Test(arguments: [
        ("browser=Samsung+Internet", "browser", "Samsung Internet"),
        ("browser=Samsung%20Internet", "browser", "Samsung Internet"), ("utm_source=a%2Bb", "utm_source", "a+b"),
        ("since=2026-11-21T08:00:00+01:00", "since", "2026-11-21T08:00:00+01:00"),
        ("since=2026-11-21T08:00:00%2B01:00", "since", "2026-11-21T08:00:00+01:00"),
        ("until=2026-11-21+08:00:00+01:00", "until", "2026-11-21 08:00:00+01:00"),
        ("until=2026-11-21+08:00", "until", "2026-11-21 08:00"), ("compare", "compare", ""), ("a=b=c", "a", "b=c"),
        ("path=%2Fa%26b", "path", "/a&b"), ("path=100%", "path", "100%"), ("path=%zz", "path", "%zz"),
        ("utm%5Fterm=%C3%BC", "utm_term", "\u{FC}"),
    ]) func isRead(_ query: String, _ name: String, _ value: String) {
        let items = URLQuery.decoded(query)
        #expect(items.map(\.name) == [name] && items.map(\.value) == [value])
    }

    @Test func severalAndNone() {
        #expect(URLQuery.decoded("a=1&&b=2&").map(\.name) == ["a", "b"])
        #expect(URLQuery.decoded("").isEmpty)
    }

    @Test func whatIsNoTextIsLikeNothing() {
        #expect(URLQuery.decoded("a=%FF").map(\.value) == ["\u{FFFD}"])
        #expect(URLQuery.decoded(path: ["agents", "%C3"]) == ["agents", "\u{FFFD}"])
    }

    @Test func aPathsPlusIsAPlus() {
        #expect(URLQuery.decoded(path: ["agents", "show", "a%2Fb+c%20d"]) == ["agents", "show", "a/b+c d"])
    }
}
