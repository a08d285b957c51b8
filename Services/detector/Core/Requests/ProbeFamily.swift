/// What a request that looks for weaknesses is after.
public enum ProbeFamily: String, Sendable, CaseIterable, Codable {
    /// Hidden files and version control: `.env`, `.git/config`.
    case dotfile
    /// Settings, secrets, manifests, logs and system files that no page links to.
    case config
    /// Copies left behind: `.bak`, `.sql`, `backup.zip`.
    case backup
    /// Content management systems: WordPress, Joomla, Drupal.
    case cms
    /// Consoles of databases, routers, application servers.
    case admin
    /// Web shells and known remote-code holes.
    case shell
    /// Out of the site's own folder.
    case traversal
    /// Code for a database, a shell, a template or another visitor's browser.
    case injection
    /// Methods that browsers never use, or bytes that are no request.
    case method
    /// A script language that the site does not serve.
    case script
    /// The client calls itself a scanner.
    case scannerAgent = "scanner_agent"

    /// Whether the site's answer changes nothing: a traversal that was answered 200 is all the worse.
    public var isCertain: Bool {
        switch self {
        case .dotfile, .shell, .traversal, .injection, .method, .scannerAgent: true
        case .config, .backup, .cms, .admin, .script: false
        }
    }
}
