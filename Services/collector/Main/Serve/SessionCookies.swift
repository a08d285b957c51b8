import Crypto
import JWTKit
import Logging
import Runtime
import Synchronization
import WeirProtocol

/// A session cookie that was verified.
struct SessionToken: Sendable, Equatable {
    /// The session that it names.
    var session: SessionID
    /// When this token was signed.
    var issuedAt: Timestamp
    /// When the session began; no token outlives that by more than a day.
    var startedAt: Timestamp
}

/// Signs and verifies the `weir_session` cookie: a JWT (HS256) that names a session and cannot be made by a client.
///
/// A forged, expired or foreign token is no error: it makes a new session, and is counted. Tokens verified before are
/// remembered, so that a visitor's further requests cost a look-up.
final class SessionCookies: Sendable {
    /// The cookie's name.
    static let name = "weir_session"
    /// The age at which a token is replaced by a fresh one, in milliseconds.
    static let refreshAfter: Int64 = 300_000
    /// A session's longest life, in milliseconds.
    static let lifetime: Int64 = 86_400_000

    private struct Claims: JWTPayload {
        var sid: String
        var iat: Int64
        var exp: Int64
        /// When the session began.
        var start: Int64

        // The clock is the caller's; `verify` below compares.
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    /// Half of a token's SHA-256, which stands for its 250 bytes.
    private struct Digest: Hashable {
        let words: SIMD2<UInt64>

        init(_ text: String) {
            var text = text
            words = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
                .withUnsafeBytes { $0.loadUnaligned(as: SIMD2<UInt64>.self) }
        }
    }

    private struct Cache {
        var newer: [Digest: SessionToken] = [:]
        var older: [Digest: SessionToken] = [:]
        var rejected = 0
    }

    private static let cacheSize = 20_000
    /// Bytes of a token; one of ours has some 250.
    private static let tokenLimit = 1024
    private let keys: JWTKeyCollection
    private let signing: JWKIdentifier
    private let attributes: String
    private let cache = Mutex(Cache())

    /// - Parameters:
    ///   - secrets: one or two, at least 32 bytes each; the first signs, both are accepted.
    ///   - isSecure: whether browsers may send the cookie over TLS only.
    init(secrets: [String], isSecure: Bool) async {
        keys = JWTKeyCollection()
        signing = Self.name(of: secrets[0])
        attributes = "; Path=/; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
        for secret in secrets.prefix(2) {
            await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256, kid: Self.name(of: secret))
        }
    }

    /// The secrets in the file at `path`, one a line; a fresh one, good until the next start, when `path` is empty.
    static func secrets(_ path: String, _ logger: Logger) throws(Failure) -> [String] {
        guard !path.isEmpty else {
            logger.notice("session cookies are signed with a key made now; a restart starts new sessions")
            var source = SystemRandomNumberGenerator()
            return [(0..<4).map { _ in String(source.next(), radix: 16) }.joined()]
        }
        let text: String
        do throws(FileText.ReadError) { text = try FileText.read(path) } catch {
            throw Failure(
                error.denied ? .noPermission : .configuration, "collector.cookie.key_file \(path): \(error.reason)")
        }
        let secrets = text.split(whereSeparator: \.isNewline).map(String.init)
        guard !secrets.isEmpty, secrets.count <= 2, secrets.allSatisfy({ $0.utf8.count >= 32 }) else {
            throw Failure(
                .configuration, "collector.cookie.key_file \(path) must hold one or two lines of at least 32 bytes",
                hint: "make one with: openssl rand -hex 32")
        }
        return secrets
    }

    /// Tokens that were not accepted.
    var rejectedCount: Int { cache.withLock { $0.rejected } }

    /// A token verified before and still good; nil when it has to be verified.
    func known(_ text: String, now: Timestamp) -> SessionToken? {
        guard text.utf8.count <= Self.tokenLimit else { return nil }
        let digest = Digest(text)
        let token = cache.withLock { $0.newer[digest] ?? $0.older[digest] }
        return token.flatMap { now - $0.startedAt < Self.lifetime ? $0 : nil }
    }

    /// A token that is good, verified now or before; nil when it cannot be accepted.
    func verify(cached text: String, now: Timestamp) async -> SessionToken? {
        if let known = known(text, now: now) { return known }
        return await verify(text, now: now)
    }

    /// Verifies a token; nil when it cannot be accepted.
    func verify(_ text: String, now: Timestamp) async -> SessionToken? {
        var claims: Claims?
        if text.utf8.count <= Self.tokenLimit { claims = try? await keys.verify(text, as: Claims.self) }
        guard let claims, let session = SessionID(claims.sid), claims.exp * 1000 > now.milliseconds,
            claims.start <= claims.iat, now.milliseconds - claims.start * 1000 < Self.lifetime
        else {
            cache.withLock { $0.rejected += 1 }
            return nil
        }
        let token = SessionToken(
            session: session, issuedAt: Timestamp(milliseconds: claims.iat * 1000),
            startedAt: Timestamp(milliseconds: claims.start * 1000))
        remember(text, token)
        return token
    }

    /// A Set-Cookie value that binds a client to a session begun at `startedAt`.
    func cookie(for session: SessionID, startedAt: Timestamp, now: Timestamp) async -> String? {
        let start = startedAt.milliseconds / 1000
        let issued = max(now.milliseconds / 1000, start)
        let remaining = start + Self.lifetime / 1000 - issued
        guard remaining > 0 else { return nil }
        let claims = Claims(sid: session.text, iat: issued, exp: start + Self.lifetime / 1000, start: start)
        guard let text = try? await keys.sign(claims, kid: signing) else { return nil }
        remember(
            text,
            SessionToken(
                session: session, issuedAt: Timestamp(milliseconds: issued * 1000),
                startedAt: Timestamp(milliseconds: start * 1000)))
        return "\(Self.name)=\(text); Max-Age=\(remaining)\(attributes)"
    }

    /// A key's name follows from the key, so that a token finds it after a rotation, and says nothing about it.
    private static func name(of secret: String) -> JWKIdentifier {
        let digest = SHA256.hash(data: Array("weir cookie key\n\(secret)".utf8))
        return JWKIdentifier(string: digest.prefix(4).map { String($0, radix: 16) }.joined(separator: "-"))
    }

    private func remember(_ text: String, _ token: SessionToken) {
        let digest = Digest(text)
        cache.withLock { cache in
            if cache.newer.count >= Self.cacheSize {
                cache.older = cache.newer
                cache.newer = [:]
            }
            cache.newer[digest] = token
        }
    }
}
