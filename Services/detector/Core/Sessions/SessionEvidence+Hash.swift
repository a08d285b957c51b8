import WeirProtocol

extension SessionEvidence {
    /// The name of the verdict that these rules pass on this evidence. The moment of asking is no part of it, so that
    /// asking again is the same verdict; what is known of a claim is, so that learning more makes another one.
    func verdictID(rules: RuleSet, claim: ClaimCheck.Result = .unchecked) -> String {
        var hash = StableHash()
        if claim != .unchecked { hash.combine(claim.rawValue) }
        hash.combine(rules.name)
        hash.combine(sessionID.text)
        hash.combine(site)
        hash.combine(fingerprint)
        hash.combine(ipPrefix)
        hash.combine(userAgent)
        hash.combine(acceptLanguage)
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            hash.combine(name)
            hash.combine(value)
        }
        for number in [
            sitePages, fingerprintSessions24h, prefixAgents24h, requestCount, assetCount, errorCount, distinctPages,
            engagementEvents, trackerExpected ? 1 : 0, requestsOmitted, Int(startedAt.milliseconds),
            Int(lastActivityAt.milliseconds),
        ] { hash.combine(number) }
        for request in requests {
            hash.combine(Int(request.at.milliseconds))
            hash.combine(request.method)
            hash.combine(request.path)
            hash.combine(request.status)
            hash.combine(request.kind.rawValue)
            hash.combine(request.referrerHost ?? "")
        }
        return "vd_" + hash.digits
    }
}
