/// A place between two records of the spool; later records have later places, in whichever run they were appended.
public struct SpoolPosition: Comparable, Sendable {
    /// The segment's number.
    public var segment: Int
    /// Bytes from the segment's beginning.
    public var offset: Int

    /// A place.
    public init(segment: Int, offset: Int) { (self.segment, self.offset) = (segment, offset) }

    public static func < (left: SpoolPosition, right: SpoolPosition) -> Bool {
        (left.segment, left.offset) < (right.segment, right.offset)
    }
}
