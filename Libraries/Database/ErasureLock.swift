/// Keeps storing and erasing apart.
///
/// Who erases a person's data looks for the sessions first and then for what belongs to them. What is stored in between
/// would belong to a session that is gone, where nobody finds it any more. So every transaction that stores something of a
/// session shares a lock, which erasing takes alone: what was stored before is seen, and what comes after begins anew.
public enum ErasureLock {
    /// The first statement of a transaction that stores.
    public static let storing = "select pg_advisory_xact_lock_shared(hashtext('weir.erasure'))"
    /// The first statement of a transaction that erases.
    public static let erasing = "select pg_advisory_xact_lock(hashtext('weir.erasure'))"
}
