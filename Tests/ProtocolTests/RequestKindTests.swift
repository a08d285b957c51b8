import Testing
import WeirProtocol

@Suite("Kinds of request")
struct RequestKindTests {
    struct Case: CustomTestStringConvertible {
        let facts: RequestFacts
        let kind: RequestKind

        var testDescription: String { "\(facts.method) \(facts.path) is \(kind)" }

        init(
            _ kind: RequestKind, _ path: String, method: String = "GET", type: String? = nil, to: String? = nil,
            mode: String? = nil, purpose: String? = nil, sameSite: Bool = false, afterDocument: Bool = false
        ) {
            self.kind = kind
            facts = RequestFacts(
                method: method, path: path, contentType: type, fetchDestination: to, fetchMode: mode, purpose: purpose,
                hasSameSiteReferrer: sameSite, sessionHasDocument: afterDocument)
        }
    }

    @Test(
        "With the little that a log says",
        arguments: [
            Case(.document, "/"), Case(.document, "/about"), Case(.document, "/index.php"),
            Case(.document, "/page.html"), Case(.document, "/contact", method: "POST"),
            Case(.document, "/", method: "HEAD"), Case(.document, "/v10/notes"), Case(.document, "/apiary"),
            Case(.document, "/shop", sameSite: true, afterDocument: true),
            Case(.asset, "/logo.PNG"), Case(.asset, "/a/b/app.min.js"), Case(.asset, "/favicon.ico"),
            Case(.asset, "/paper.pdf"), Case(.asset, "/logo.png", sameSite: true, afterDocument: true),
            Case(.api, "/api"), Case(.api, "/api/users"), Case(.api, "/API/users"), Case(.api, "/data.json"),
            Case(.api, "/robots.txt"), Case(.api, "/feed.xml"), Case(.api, "/item/7", method: "DELETE"),
            Case(.api, "/graphql", method: "POST"),
            Case(.api, "/api/users", sameSite: true), Case(.api, "/api/users", afterDocument: true),
            Case(.background, "/api/users", sameSite: true, afterDocument: true),
            Case(.background, "/item/7", method: "PUT", sameSite: true, afterDocument: true),
            Case(.background, "/", method: "OPTIONS"), Case(.background, "/logo.png", method: "OPTIONS"),
        ])
    func fromLogs(item: Case) { #expect(RequestKind(item.facts) == item.kind) }

    @Test(
        "With what a browser and the answer say",
        arguments: [
            Case(.document, "/api/docs", to: "document"), Case(.document, "/feed.xml", to: "document"),
            Case(.asset, "/paper.pdf", to: "document"), Case(.asset, "/style", to: "style"),
            Case(.asset, "/font", to: "font"), Case(.asset, "/worker", to: "serviceworker"),
            Case(.background, "/poll", to: "empty", afterDocument: true), Case(.api, "/poll", to: "empty"),
            Case(.asset, "/icon.svg", to: "empty", afterDocument: true),
            Case(.background, "/next", to: "document", purpose: "prefetch;prerender"),
            Case(.background, "/next", purpose: "Prefetch"), Case(.background, "/app.js", purpose: "prefetch"),
            Case(.document, "/api/page", type: "text/html; charset=utf-8"),
            Case(.asset, "/avatar/7", type: "image/webp"),
            Case(.asset, "/download/7", type: "application/octet-stream"),
            Case(.api, "/list", type: "application/json"),
            Case(.api, "/list", type: "application/problem+json ; charset=utf-8"),
            Case(.background, "/list", type: "application/json", sameSite: true, afterDocument: true),
            Case(.asset, "/missing.png", type: "text/html"), Case(.asset, "/i", type: "image/svg+xml"),
            Case(.api, "/item/7", method: "PUT", type: "text/html"),
            Case(.background, "/part", type: "text/html", mode: "cors", sameSite: true, afterDocument: true),
            Case(.document, "/", type: "text/html", mode: "navigate"), Case(.document, "/notes", type: "text/plain"),
            Case(.document, "/", to: ""),
        ])
    func fromHeaders(item: Case) { #expect(RequestKind(item.facts) == item.kind) }

    @Test("Documents and calls are page requests")
    func pageRequests() {
        #expect(RequestKind.allCases.filter(\.isPageRequest) == [.document, .api])
    }

    @Test(
        "Extensions",
        arguments: [
            ("/a.css", "css"), ("/a.b.CSS", "css"), ("/a", nil), ("/a.", nil), ("/a.b/c", nil), ("", nil), ("/", nil),
            ("/.env", "env"), ("/a.verylongone", nil), ("/a.eightlet", "eightlet"), ("/a.é", "é"),
        ] as [(String, String?)])
    func extensions(path: String, found: String?) { #expect(RequestKind.pathExtension(path) == found) }
}
