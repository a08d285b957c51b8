import Testing
import WeirProtocol

/// Services' accounts as Prometheus reads them, against a text written by hand from the format's description.
@Suite struct MetricsTextTests {
    private func status(_ service: String, _ state: String, _ counters: [String: Double]) -> ServiceStatus {
        ServiceStatus(service: service, version: "1.2.3", uptimeMs: 1500, state: state, counters: counters)
    }

    @Test func familiesStayTogetherAndKnowTheirKind() {
        let first = status("detector", "ok", ["evaluations_total": 7, "store_queue": 0.5])
        let second = status("detector", "database_unavailable", ["evaluations_total": 9, "store_queue": 3])
        let text = MetricsText.text(of: [
            .init(service: "throttle", status: nil), .init(service: "detector", instance: "1", status: first),
            .init(service: "detector", instance: "2", status: second),
        ])
        #expect(
            text == """
                # TYPE weir_detector_evaluations_total counter
                weir_detector_evaluations_total{instance="1"} 7
                weir_detector_evaluations_total{instance="2"} 9
                # TYPE weir_detector_store_queue gauge
                weir_detector_store_queue{instance="1"} 0.5
                weir_detector_store_queue{instance="2"} 3
                # TYPE weir_healthy gauge
                weir_healthy{service="detector",instance="1"} 1
                weir_healthy{service="detector",instance="2"} 0
                # TYPE weir_info gauge
                weir_info{service="detector",instance="1",version="1.2.3"} 1
                weir_info{service="detector",instance="2",version="1.2.3"} 1
                # TYPE weir_up gauge
                weir_up{service="detector",instance="1"} 1
                weir_up{service="detector",instance="2"} 1
                weir_up{service="throttle"} 0
                # TYPE weir_uptime_seconds gauge
                weir_uptime_seconds{service="detector",instance="1"} 1.5
                weir_uptime_seconds{service="detector",instance="2"} 1.5

                """)
    }

    @Test func bucketsAreInTheOrderOfTheirBounds() {
        let counters = [
            #"took_seconds_bucket{le="10"}"#: 4, #"took_seconds_bucket{le="0.5"}"#: 1,
            #"took_seconds_bucket{le="+Inf"}"#: 5, #"took_seconds_bucket{le="2.5"}"#: 3, "took_seconds_sum": 21.25,
            "took_seconds_count": 5, "others_count": 2,
        ]
        let lines = MetricsText.text(of: status("reporter", "ok", counters)).split(separator: "\n")
        #expect(
            lines.filter { $0.contains("weir_reporter_") } == [
                "# TYPE weir_reporter_others_count gauge", "weir_reporter_others_count 2",
                "# TYPE weir_reporter_took_seconds histogram", #"weir_reporter_took_seconds_bucket{le="0.5"} 1"#,
                #"weir_reporter_took_seconds_bucket{le="2.5"} 3"#, #"weir_reporter_took_seconds_bucket{le="10"} 4"#,
                #"weir_reporter_took_seconds_bucket{le="+Inf"} 5"#, "weir_reporter_took_seconds_count 5",
                "weir_reporter_took_seconds_sum 21.25",
            ])
    }

    @Test func labelsAreEscaped() {
        let text = MetricsText.text(of: [.init(service: "a\"b\\c\nd", status: nil)])
        #expect(text == "# TYPE weir_up gauge\nweir_up{service=\"a\\\"b\\\\c\\nd\"} 0\n")
    }
}
