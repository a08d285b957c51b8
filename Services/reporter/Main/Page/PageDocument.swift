import Crypto
import FoundationEssentials
import ReporterCore
import WeirProtocol

/// The page as one file that needs no server: its style, script and answers are in it, and it may load nothing.
enum PageDocument {
    /// The file's text for the answer to `report`.
    static func text(of report: Report) -> String {
        let css = String(decoding: PageFiles.css.bytes, as: UTF8.self)
        let script = String(decoding: PageFiles.script.bytes, as: UTF8.self)
        let policy = """
            default-src 'none'; script-src '\(hash(script))'; style-src '\(hash(css))'; base-uri 'none'; \
            form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'
            """
        let head = """
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <style>\(css)</style>
            """
        let foot = """
            <script type="application/json" id="weir-data">\(harmless(data(of: report).text))</script>
            <script>\(script)</script>
            """
        return String(decoding: PageFiles.html.bytes, as: UTF8.self)
            .replacing(#"<link rel="icon" href="icon.svg" type="image/svg+xml">"#, with: "")
            .replacing(#"<link rel="stylesheet" href="page.css">"#, with: head)
            .replacing(#"<script src="page.js" defer></script>"#, with: "")
            .replacing("</body>", with: foot + "\n</body>")
    }

    private static func data(of report: Report) -> JSONValue {
        let request = report.request
        var filters = JSONObject()
        for (filter, value) in request.filters { filters[filter.rawValue] = .string(value) }
        var state = JSONObject()
        state["since"] = .string(request.window.from?.iso8601 ?? "all")
        state["until"] = request.window.endsNow ? .null : .string(request.window.to.iso8601)
        state["population"] = .string((request.population ?? .human).rawValue)
        state["filters"] = .object(filters)
        state["zone"] = .string(request.zone.name)
        var answers = JSONObject()
        for part in report.data["parts"]?.arrayValue ?? [] {
            if let question = part["question"]?.stringValue { answers[question] = part["answer"] }
        }
        var data = JSONObject()
        data["made"] = .string(request.now.iso8601)
        data["state"] = .object(state)
        data["answers"] = .object(answers)
        return .object(data)
    }

    /// JSON that cannot end the element around it.
    private static func harmless(_ json: String) -> String { json.replacing("<", with: "\\u003c") }

    private static func hash(_ text: String) -> String {
        "sha256-" + Data(SHA256.hash(data: Array(text.utf8))).base64EncodedString()
    }
}
