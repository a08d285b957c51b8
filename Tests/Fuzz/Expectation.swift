/// Ends the run with a finding. An optimised `precondition` would not say which.
func fail(_ finding: String, line: Int = #line) -> Never {
    fatalError("FINDING: \(finding) (line \(line))")
}

/// Ends the run with a finding unless `condition` holds.
func expect(_ condition: Bool, _ finding: String = "an expectation does not hold", line: Int = #line) {
    if !condition { fail(finding, line: line) }
}
