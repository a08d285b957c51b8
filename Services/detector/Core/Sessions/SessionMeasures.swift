import WeirProtocol

/// What the behavioural signals look at, measured once over the evidence's requests.
///
/// Counts, gaps and speeds are of page requests (documents and API calls), coverage and order of documents: assets and
/// background requests are what pages cause, not what somebody chose. Where older requests were left out of the
/// evidence, counts come from its totals, and gaps and order from what is there.
public struct SessionMeasures: Sendable {
    /// Page requests of the whole session; estimated from the kinds seen where requests were left out.
    public private(set) var pageRequests = 0
    /// Documents among the requests in the evidence.
    public private(set) var documents = 0
    /// Background requests among them.
    public private(set) var background = 0
    /// The most page requests in any 60 seconds.
    public private(set) var busiestMinute = 0
    /// From the first page request (or the session's start, where requests were left out) to the last, in ms.
    public private(set) var span: Int64 = 0
    /// Gaps between page requests, in ms.
    public private(set) var gapCount = 0
    /// Their mean, in ms; 0 without gaps.
    public private(set) var gapMean = 0.0
    /// Their population standard deviation over their mean; 0 without gaps or mean.
    public private(set) var gapVariation = 0.0
    /// The longest of them over their mean; 0 without gaps or mean.
    public private(set) var longestGap = 0.0
    /// Share of distinct documents, in order of first visit, at their place in sorted or numeric order; 0 for none.
    public private(set) var sortedShare = 0.0
    /// Distinct documents that `sortedShare` is over.
    public private(set) var orderedDocuments = 0
    /// Milliseconds from a form to its submission, the shortest; nil without one.
    public private(set) var fastestForm: Int64?
    /// Distinct paths that documents were posted to.
    public private(set) var forms = 0
    /// Documents posted.
    public private(set) var submissions = 0
    /// Whether the session's first page request posts a form.
    public private(set) var beginsWithForm = false
    /// The host that the first page request claims to come from, when that is this site.
    public private(set) var unvisitedReferrer: String?
    /// Whether robots.txt was asked for.
    public private(set) var fetchedRobots = false

    /// Measures the evidence.
    public init(_ evidence: borrowing SessionEvidence) {
        var times: [Int64] = []
        times.reserveCapacity(evidence.requests.count)
        var notAssets = 0
        for request in evidence.requests {
            if request.kind != .asset { notAssets += 1 }
            if request.kind == .background { background += 1 }
            guard request.kind.isPageRequest else { continue }
            times.append(request.at.milliseconds)
            if request.kind == .document { documents += 1 }
            if request.path == "/robots.txt" { fetchedRobots = true }
        }
        let missing = max(0, evidence.requestCount - notAssets)
        pageRequests = times.count
        if missing > 0 { pageRequests += notAssets == 0 ? missing : missing * times.count / notAssets }
        measureTimes(&times, evidence)
        measureOrder(evidence)
        measureForms(evidence)
    }

    private mutating func measureTimes(_ times: inout [Int64], _ evidence: SessionEvidence) {
        guard let last = times.max() else { return }
        for index in times.indices.dropFirst() where times[index] < times[index - 1] {
            times.sort()
            break
        }
        let first = evidence.requestsOmitted > 0 ? min(times[0], evidence.startedAt.milliseconds) : times[0]
        span = last &- first
        var low = 0
        for high in times.indices {
            while times[high] - times[low] >= 60_000 { low += 1 }
            busiestMinute = max(busiestMinute, high - low + 1)
        }
        // Of a session that short, what was left out was asked for in the same minute.
        if span < 60_000 { busiestMinute = max(busiestMinute, pageRequests) }
        gapCount = times.count - 1
        guard gapCount > 0 else { return }
        gapMean = Double(last - times[0]) / Double(gapCount)
        guard gapMean > 0 else { return }
        var squares = 0.0
        for index in times.indices.dropFirst() {
            let gap = Double(times[index] - times[index - 1])
            squares += (gap - gapMean) * (gap - gapMean)
            longestGap = max(longestGap, gap)
        }
        longestGap /= gapMean
        gapVariation = (squares / Double(gapCount)).squareRoot() / gapMean
    }

    private mutating func measureOrder(_ evidence: SessionEvidence) {
        guard documents >= 5 else { return }
        var seen: Set<String> = []
        var order: [String] = []
        for request in evidence.requests where request.kind == .document && seen.insert(request.path).inserted {
            order.append(request.path)
        }
        orderedDocuments = order.count
        guard order.count >= 5 else { return }
        func share(_ sorted: [String]) -> Double {
            Double(zip(order, sorted).count { $0 == $1 }) / Double(order.count)
        }
        let byText = share(order.sorted())
        let numeric = order.map(NumericOrder.init)
        let byNumber = share(numeric.sorted().map(\.text))
        sortedShare = max(byText, byNumber)
    }

    private mutating func measureForms(_ evidence: SessionEvidence) {
        var posted: [Substring] = []
        var lastDocument: Int64?
        var first = true
        var formHosts: [String] = []
        for (index, request) in evidence.requests.enumerated() where request.kind.isPageRequest {
            let isForm = request.kind == .document && request.method == "POST"
            if isForm {
                submissions += 1
                let path = request.pathWithoutQuery
                if !posted.contains(path) { posted.append(path) }
                if let host = request.referrerHost, formHosts.count < 4 { formHosts.append(host) }
                let shown = Self.formShown(path, before: index, in: evidence.requests) ?? lastDocument
                if let shown, request.status < 400 {
                    fastestForm = min(fastestForm ?? .max, max(0, request.at.milliseconds - shown))
                }
                if first, evidence.requestsOmitted == 0 { beginsWithForm = true }
            } else if request.kind == .document {
                lastDocument = request.at.milliseconds
            }
            first = false
        }
        forms = posted.count
        // A form is posted from a page of the site, so its referrer names the site even where the evidence does not.
        if evidence.requestsOmitted == 0, let opening = evidence.requests.first(where: { $0.kind.isPageRequest }),
            opening.kind == .document, let host = opening.referrerHost, !host.isEmpty,
            host == evidence.site || formHosts.contains(host)
        {
            unvisitedReferrer = host
        }
    }

    private static func formShown(
        _ path: Substring, before index: Int, in requests: [SessionEvidence.Request]
    ) -> Int64? {
        for earlier in requests[..<index].reversed()
        where earlier.kind == .document && earlier.method == "GET" && earlier.pathWithoutQuery == path {
            return earlier.at.milliseconds
        }
        return nil
    }
}

/// Text compared with its runs of digits as numbers: `/page/9` before `/page/10`.
private struct NumericOrder: Comparable {
    let text: String
    private let bytes: [UInt8]

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    static func < (left: NumericOrder, right: NumericOrder) -> Bool {
        var (place, counterpart) = (0, 0)
        while place < left.bytes.count, counterpart < right.bytes.count {
            let (one, other) = (left.bytes[place], right.bytes[counterpart])
            guard isDigit(one), isDigit(other) else {
                if one != other { return one < other }
                place += 1
                counterpart += 1
                continue
            }
            let (number, rival) = (left.number(at: &place), right.number(at: &counterpart))
            if number.count != rival.count { return number.count < rival.count }
            for (digit, against) in zip(left.bytes[number], right.bytes[rival]) where digit != against {
                return digit < against
            }
        }
        return place == left.bytes.count && counterpart < right.bytes.count
    }

    /// The run of digits at `place`, without leading zeros; `place` moves behind it.
    private func number(at place: inout Int) -> Range<Int> {
        while place < bytes.count, bytes[place] == UInt8(ascii: "0") { place += 1 }
        let start = place
        while place < bytes.count, Self.isDigit(bytes[place]) { place += 1 }
        return start..<place
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
