/// Which Weir this is: one number for the four services, which are released together.
public enum Release {
    /// As `--version` and `status.get` say it.
    public static let version = "0.1.0"
}
