extension CheckUp {
    /// What starts and stops the services, and the commands by which an operator has it do so.
    public enum Manager: String, Sendable {
        /// The units of a package.
        case systemd
        /// scripts/stack, in a checkout.
        case stack
        /// compose.yaml.
        case compose

        /// Starts a service that has ended: `detector-2`.
        func start(_ service: String) -> String {
            switch self {
            case .systemd: "systemctl start \(Self.unit(service))"
            case .stack: "scripts/stack start"
            case .compose: "docker compose up -d \(Self.kind(service))"
            }
        }

        /// Has a service that runs begin anew, by the release that is installed.
        func restart(_ service: String) -> String {
            switch self {
            case .systemd: "systemctl restart \(Self.unit(service))"
            case .stack: "scripts/stack stop && scripts/stack start"
            case .compose: "docker compose up -d --build \(Self.kind(service))"
            }
        }

        /// Tells whether a service runs.
        func status(_ service: String) -> String {
            switch self {
            case .systemd: "systemctl status \(Self.unit(service))"
            case .stack: "scripts/stack start"
            case .compose: "docker compose ps \(Self.kind(service))"
            }
        }

        /// Shows what a service has said last.
        func log(_ service: String) -> String {
            switch self {
            case .systemd: "journalctl -u \(Self.unit(service)) -n 20"
            case .stack: "tail -n 20 var/log/\(service).log"
            case .compose: "docker compose logs -n 20 \(Self.kind(service))"
            }
        }

        private static func unit(_ service: String) -> String {
            service.hasPrefix("detector-") ? "weir-detector@\(service.dropFirst(9))" : "weir-\(service)"
        }

        private static func kind(_ service: String) -> Substring { service.prefix { $0 != "-" } }
    }
}
