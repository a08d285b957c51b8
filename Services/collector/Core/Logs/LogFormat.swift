/// A layout of access-log lines.
///
/// `nginxJSON` is our own layout, written by this nginx directive (HAProxy can write the same fields). A field may be
/// left out, empty, or `-`; numbers may stand in quotes:
///
///     log_format weir escape=json '{"msec":$msec,"request_id":"$request_id","host":"$host",'
///         '"remote_addr":"$remote_addr","x_forwarded_for":"$http_x_forwarded_for","method":"$request_method",'
///         '"uri":"$request_uri","status":"$status","bytes":$body_bytes_sent,"request_time":$request_time,'
///         '"referer":"$http_referer","user_agent":"$http_user_agent",'
///         '"accept_language":"$http_accept_language","cookie":"$cookie_weir_session",'
///         '"content_type":"$sent_http_content_type","level":"$sent_http_x_throttle_level",'
///         '"sec_fetch_dest":"$http_sec_fetch_dest","sec_fetch_mode":"$http_sec_fetch_mode",'
///         '"sec_purpose":"$http_sec_purpose","sec_ch_ua":"$http_sec_ch_ua","accept":"$http_accept",'
///         '"dnt":"$http_dnt","sec_gpc":"$http_sec_gpc"}';
///
/// `msec` (seconds with milliseconds, when the line was written), `remote_addr`, `uri` and `status` must be there.
/// From `request_id` and `msec` the event's id is made, so that a datagram and the file's line are one event.
public enum LogFormat: String, Sendable, CaseIterable {
    /// Decided for each line: JSON by its brace, the others by where the client's address stands.
    case auto
    /// `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`, as Apache and nginx write it; a quoted
    /// X-Forwarded-For may follow.
    case combined
    /// `%h %l %u %t "%r" %>s %b`.
    case common
    /// `combined` with the virtual host (and port) in front.
    case vhostCombined = "vhost_combined"
    /// Our own fields as flat JSON.
    case nginxJSON = "nginx-json"
    /// The access log of Caddy 2 in its default JSON encoding.
    case caddyJSON = "caddy-json"
}
