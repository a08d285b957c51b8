import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import ReporterCore
import Runtime

/// What a TCP port needs that a socket file's permissions give for free: it answers to its own name only, so that no
/// foreign web page reaches it by a name of its own (DNS rebinding), and gives data only to holders of a token.
struct LoopbackGuard: RouterMiddleware {
    typealias Context = BasicRequestContext

    let tokens: AccessTokens?

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard Self.isOwnName(request.head.authority) else {
            return HTTPDoor.refusal(
                421, ReportError(.forbidden, "This port answers to localhost and 127.0.0.1 only."))
        }
        // The page itself holds no data and has to ask for the token somewhere.
        let isOpen = PageFiles.served[String(request.uri.path.dropFirst())] != nil
        if let tokens, !isOpen, !tokens.admits(request.headers[.authorization]) {
            var response = HTTPDoor.refusal(
                401,
                ReportError(
                    .forbidden, "This port wants a token.",
                    hint: "Send Authorization: Bearer TOKEN, with one of the file that reporter.tokens_file names."))
            response.headers[.wwwAuthenticate] = "Bearer realm=\"weir\""
            return response
        }
        return try await next(request, context)
    }

    static func isOwnName(_ authority: String?) -> Bool {
        guard let authority = authority?.lowercased() else { return true }
        var name = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        // A dot at its end makes a name absolute.
        if name == "localhost." { name.removeLast() }
        return name == "localhost" || name == "[::1]" || LoopbackAddress("\(name):0") != nil
    }
}

/// The tokens of a file, kept as digests, so that comparing them tells nothing by its time.
struct AccessTokens: Sendable {
    private let digests: Set<[UInt8]>

    /// Reads a file of one token a line; empty lines and those that begin with `#` do not count.
    /// - Throws: `Failure`: the file cannot be read, has no token, or one of under 16 characters.
    init(path: String) throws(Failure) {
        let text: String
        do {
            text = try FileText.read(path)
        } catch {
            throw Failure(
                error.denied ? .noPermission : .configuration, "reporter.tokens_file: \(path): \(error.reason)")
        }
        var digests: Set<[UInt8]> = []
        for line in text.split(whereSeparator: \.isNewline) {
            let token = line.filter { !$0.isWhitespace }
            guard !token.isEmpty, token.first != "#" else { continue }
            guard token.utf8.count >= 16 else {
                throw Failure(
                    .configuration, "reporter.tokens_file: \(path) has a token of under 16 characters",
                    hint: "Make one with: head -c 24 /dev/urandom | base64")
            }
            digests.insert(Self.digest(token.utf8))
        }
        guard !digests.isEmpty else {
            throw Failure(
                .configuration, "reporter.tokens_file: \(path) has no token",
                hint: "Make one with: head -c 24 /dev/urandom | base64")
        }
        self.digests = digests
    }

    /// Whether the header's value is `Bearer` and one of the tokens.
    func admits(_ authorization: String?) -> Bool {
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else { return false }
        return digests.contains(Self.digest(authorization.dropFirst(7).utf8))
    }

    private static func digest(_ text: some Sequence<UInt8>) -> [UInt8] { Array(SHA256.hash(data: Array(text))) }
}
