import WeirProtocol

/// The longest texts that are kept of a request, in UTF-8 bytes; what is longer is cut at a character's boundary.
/// Servers themselves refuse header lines over 8 KiB, so that only hostile clients meet these.
public enum FieldLimits {
    public static let method = 32
    public static let path = 2048
    public static let query = 4096
    public static let userAgent = 1024
    /// What a user agent's browser or system is called.
    public static let agentName = 48
    /// A browser's or a system's version.
    public static let agentVersion = 32
    public static let referrer = 2048
    public static let acceptLanguage = 256
    public static let contentType = 128
    public static let header = 256
    public static let userID = 255
    /// Unicode scalars, as PostgreSQL counts a VARCHAR(255).
    public static let campaignScalars = 255

    /// A number for a column of type real, which refuses what is nearer to 0 than 1e-37: under 1e-6, whatever its unit, it
    /// is 0.
    static func real(_ number: Double) -> Double { number.magnitude < 1e-6 ? 0 : number }

    /// The text as it is kept: without control characters, then its first `limit` bytes.
    public static func clamp(_ text: String, to limit: Int) -> String { text.withoutControls.cut(toBytes: limit) }

    /// A URL as it is kept: without control characters, which could hide a secret's name, then without secrets.
    static func url(_ text: String, to limit: Int) -> String {
        SecretRedaction.redact(url: text.withoutControls).cut(toBytes: limit)
    }
}
