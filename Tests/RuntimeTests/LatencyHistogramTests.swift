import Runtime
import Testing

/// A histogram counts what it is told in the bucket where it belongs, bounds included.
@Suite struct LatencyHistogramTests {
    @Test func countsUpToEachBound() {
        let histogram = LatencyHistogram()
        for duration in [Duration.zero, .microseconds(50), .microseconds(51), .seconds(1), .seconds(3), .seconds(60)] {
            histogram.note(duration)
        }
        let figures = histogram.figures("x")
        #expect(figures["x_count"] == 6)
        #expect(abs((figures["x_sum"] ?? 0) - 64.000_101) < 1e-9)
        #expect(figures[#"x_bucket{le="5e-05"}"#] == 2)
        #expect(figures[#"x_bucket{le="0.0001"}"#] == 3)
        #expect(figures[#"x_bucket{le="0.5"}"#] == 3)
        #expect(figures[#"x_bucket{le="1"}"#] == 4)
        #expect(figures[#"x_bucket{le="2.5"}"#] == 4)
        #expect(figures[#"x_bucket{le="5"}"#] == 5)
        #expect(figures[#"x_bucket{le="10"}"#] == 5)
        #expect(figures[#"x_bucket{le="+Inf"}"#] == 6)
        #expect(figures.count == LatencyHistogram.bounds.count + 3)
    }
}
