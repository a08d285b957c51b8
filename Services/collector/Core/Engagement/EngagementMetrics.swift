/// What a page measured of a visitor's attention. Nil where it did not say.
public struct EngagementMetrics: Hashable, Sendable {
    public var timeOnPageMs: Int32?
    public var timeToFirstInteractionMs: Int32?
    public var timeToFirstScrollMs: Int32?
    /// Percent, 0...100.
    public var maxScrollDepth: Int32?
    /// Pixels per second.
    public var scrollVelocityAvg: Double?
    public var scrollDirectionChanges: Int32?
    public var clickCount: Int32?
    public var mouseMoveDistancePx: Int32?
    public var keyboardEvents: Int32?
    public var copyEvents: Int32?
    public var focusTimeMs: Int32?
    public var blurCount: Int32?
    public var tabSwitches: Int32?
    public var visibleTimeMs: Int32?
    public var hiddenTimeMs: Int32?
    public var isRageClick: Bool?
    public var isDeadClick: Bool?

    /// Nothing measured.
    public init() {}

    /// A measure: its name on the wire, its range, and where it is kept.
    struct Measure: Sendable {
        enum Place: Sendable {
            case count(any WritableKeyPath<EngagementMetrics, Int32?> & Sendable, limit: Int32)
            case number(any WritableKeyPath<EngagementMetrics, Double?> & Sendable, limit: Double)
            case flag(any WritableKeyPath<EngagementMetrics, Bool?> & Sendable)
        }

        let name: String
        let place: Place
        let purpose: String
    }

    static let measures: [Measure] = [
        count("time_on_page_ms", \.timeOnPageMs, "Milliseconds on the page."),
        count("time_to_first_interaction_ms", \.timeToFirstInteractionMs, "Milliseconds to the first click or key."),
        count("time_to_first_scroll_ms", \.timeToFirstScrollMs, "Milliseconds to the first scroll."),
        count("max_scroll_depth", \.maxScrollDepth, limit: 100, "Percent of the page that was in view."),
        Measure(
            name: "scroll_velocity_avg", place: .number(\.scrollVelocityAvg, limit: 1_000_000),
            purpose: "Mean scroll speed in pixels per second."),
        count("scroll_direction_changes", \.scrollDirectionChanges, "Turns between up and down."),
        count("click_count", \.clickCount, "Clicks."),
        count("mouse_move_distance_px", \.mouseMoveDistancePx, "Pixels that the pointer moved."),
        count("keyboard_events", \.keyboardEvents, "Keys pressed."),
        count("copy_events", \.copyEvents, "Times that something was copied."),
        count("focus_time_ms", \.focusTimeMs, "Milliseconds with the focus."),
        count("blur_count", \.blurCount, "Times that the focus was lost."),
        count("tab_switches", \.tabSwitches, "Times that the tab was hidden."),
        count("visible_time_ms", \.visibleTimeMs, "Milliseconds in view."),
        count("hidden_time_ms", \.hiddenTimeMs, "Milliseconds out of view."),
        Measure(name: "is_rage_click", place: .flag(\.isRageClick), purpose: "Three clicks within half a second."),
        Measure(
            name: "is_dead_click", place: .flag(\.isDeadClick), purpose: "A click on what does not answer clicks."),
    ]

    private static func count(
        _ name: String, _ place: any WritableKeyPath<EngagementMetrics, Int32?> & Sendable, limit: Int32 = .max,
        _ purpose: String
    ) -> Measure { Measure(name: name, place: .count(place, limit: limit), purpose: purpose) }
}
