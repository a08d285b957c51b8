/// What the collector's Core uses of swift-collections' heap, for the fuzz targets: a sorted list, which does the same more
/// slowly.
public struct Heap<Element: Comparable> {
    private var sorted: [Element] = []

    public init() {}

    public var count: Int { sorted.count }
    public var min: Element? { sorted.first }
    public var max: Element? { sorted.last }

    public mutating func insert(_ element: Element) {
        sorted.insert(element, at: sorted.firstIndex { $0 > element } ?? sorted.endIndex)
    }

    public mutating func removeMin() -> Element { sorted.removeFirst() }
    public mutating func removeMax() -> Element { sorted.removeLast() }
}

extension Heap: Sendable where Element: Sendable {}
