import CollectorCore
import Testing

/// What is left of a datagram when syslog's own part is taken off.
@Suite struct SyslogFrameTests {
    @Test(arguments: [
        ("<190>Nov 21 20:14:00 nginx: {\"a\":1}", "{\"a\":1}"),
        ("<190>Nov 21 20:14:00 web-1 nginx: 192.0.2.1 - - [x] \"GET /: b\"", "192.0.2.1 - - [x] \"GET /: b\""),
        ("<134>Nov 21 20:14:00 haproxy[123]: {\"a\": 2}\n", "{\"a\": 2}"),
        ("<134>1 2026-11-21T20:14:00Z host app 12 - - {\"a\":3}", "{\"a\":3}"),
        ("<134>1 2026-11-21T20:14:00Z host app 12 id [x@1 b=\"c d\"] text here", "text here"),
        ("<134>1 - - - - - - \u{FEFF}text", "text"),
        ("{\"a\":\"b: c\"}\r\n", "{\"a\":\"b: c\"}"), ("192.0.2.1 - - text: more", "192.0.2.1 - - text: more"),
        ("<190>{\"a\": 1}", "{\"a\": 1}"), ("<190>no tag at all", "no tag at all"), ("<190>", ""), ("", ""),
        ("<", "<"), ("<1", "<1"), ("<x>y: z", "<x>y: z"), ("<99999>a: b", "<99999>a: b"), ("<134>1 ", ""),
        ("<134>1 - - - - -", "- - - - -"), ("\n\n", ""),
    ])
    func theMessageIsFound(datagram: String, message: String) {
        let found = Array(datagram.utf8).withUnsafeBytes { bytes in
            SyslogFrame.message(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        }
        #expect(found == message)
    }

    @Test(arguments: [
        "<190>Nov 21 20:14:00 nginx: one\ntwo", "<134>1 - - - - - - one\n<134>1 - - - - - - two\n", "one\r\ntwo",
        "{\"a\":1}\n{\"a\":2}\n",
    ])
    func severalLinesAreNoMessage(datagram: String) {
        #expect(Array(datagram.utf8).withUnsafeBytes { SyslogFrame.message(in: $0) } == nil)
    }
}
