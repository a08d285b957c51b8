import HTTPTransport
import HTTPTypes
import Hummingbird
import NIOCore
import Runtime
import WeirProtocol

/// GET /weir.js: what pages load to report engagement.
struct TrackerRoutes: RoutePart {
    private let script: ByteBuffer
    private let tag: String

    init(_ settings: Settings) {
        let text = Tracker.script(respectsDoNotTrack: settings[.respectsDoNotTrack])
        script = ByteBuffer(string: text)
        // What changes with the text and is the same for all instances of a release.
        tag = "\"\(String(text.utf8.reduce(UInt64(5381)) { $0 &* 33 ^ UInt64($1) }, radix: 36))\""
    }

    var schemas: JSONObject { JSONObject() }

    var routes: [Route] {
        [
            Route(
                .get, "/weir.js",
                operation: OpenAPI.operation(
                    "tracker", "The script that pages load to report engagement.",
                    answers: [
                        (200, "The script.", OpenAPI.content("text/javascript", ["type": "string"])),
                        (304, "The script that the client has is current.", nil),
                    ])
            ) { request, _ in
                var headers: HTTPFields = [.eTag: tag, .cacheControl: "public, max-age=3600"]
                guard request.headers[.ifNoneMatch] != tag else {
                    return Response(status: .notModified, headers: headers)
                }
                headers[.contentType] = "text/javascript; charset=utf-8"
                headers[.xContentTypeOptions] = "nosniff"
                return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: script))
            }
        ]
    }
}

/// The tracker as it is served: without comments, indentation and blanks that mean nothing.
enum Tracker {
    /// - Parameter respectsDoNotTrack: whether it does nothing for visitors who ask not to be tracked.
    static func script(respectsDoNotTrack: Bool) -> String {
        let source = String(decoding: PackageResources.weir_js, as: UTF8.self)
        var lines: [String] = []
        for line in source.split(separator: "\n") {
            let code = line.drop { $0 == " " }
            if !code.isEmpty, !code.hasPrefix("//") { lines.append(tightened(code)) }
        }
        let text = lines.joined(separator: "\n") + "\n"
        let parts = text.split(separator: "__RESPECT_DNT__", maxSplits: 1)
        precondition(parts.count == 2, "weir.js says where the setting goes")
        return parts[0] + (respectsDoNotTrack ? "1" : "0") + parts[1]
    }

    /// Blanks stay between words and in texts, which stand in double quotes only.
    private static func tightened(_ line: Substring) -> String {
        var text = ""
        var isQuoted = false
        var owesBlank = false
        for character in line {
            if character == "\"" { isQuoted.toggle() }
            if character == " ", !isQuoted {
                owesBlank = text.last.map(isWord) ?? false
                continue
            }
            if owesBlank, isWord(character) { text.append(" ") }
            owesBlank = false
            text.append(character)
        }
        return text
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_$\"".contains(character)
    }
}

extension HTTPField.Name {
    fileprivate static let xContentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}
