// What a page tells the collector of its visitor's attention: <script src="/weir.js" async></script>.
// No dependency, no cookie of its own, nothing stored in the browser. Served without comments and indentation.
//
// A page_view at the start and at each address of a single-page application; a page_exit with all measures whenever the
// page is left or hidden. What follows a return is a reading of its own: sums over readings are totals.
// window.weir("signup", {plan: "free"}) reports an event of the site's own.
((w, d, n) => {
  if (__RESPECT_DNT__ && (n.doNotTrack == 1 || n.globalPrivacyControl)) return;
  var url = d.currentScript.src.replace(/[^/]*$/, "api/v1/events/batch"),
    queue = [], page, m, start, seen, focused, shownAgain, lastY, lastT, turn, speed, samples, mark, clicks, mouse, timer,
    round = Math.round,
    now = () => round(performance.now());

  // A UUID of version 7, by which a repeat is recognised.
  function id() {
    var t = Date.now().toString(16).padStart(12, 0), r = "";
    for (var b of crypto.getRandomValues(new Uint8Array(10))) r += (b + 256).toString(16).slice(1);
    return t.slice(0, 8) + "-" + t.slice(8) + "-7" + r.slice(0, 3) + "-a" + r.slice(3, 6) + "-" + r.slice(6, 18);
  }
  function add(type, data, referrer) {
    if (queue.length < 100)
      queue.push({ id: id(), event_type: type, page_url: page.slice(0, 2e3), referrer: referrer && referrer.slice(0, 2e3), data: data });
    if (!timer) timer = setTimeout(flush, 5e3);
  }
  function post(body, again) {
    fetch(url, { method: "POST", body: body, keepalive: true, credentials: "include" })
      .then(r => { if (r.status > 428) throw r; })
      .catch(() => { if (again) setTimeout(post, 3e3, body); });
  }
  function flush(leaving) {
    clearTimeout(timer);
    timer = 0;
    if (!queue[0]) return;
    var body = JSON.stringify({ events: queue });
    queue = [];
    if (leaving !== 1 || !n.sendBeacon || !n.sendBeacon(url, body)) post(body, 1);
  }

  function read(hidden) {
    start = lastT = now();
    focused = d.hasFocus() && start;
    lastY = w.scrollY;
    turn = speed = samples = 0;
    clicks = [];
    mouse = 0;
    m = { hidden_time_ms: hidden };
    for (var k of "max_scroll_depth,scroll_direction_changes,click_count,mouse_move_distance_px,keyboard_events,copy_events,focus_time_ms,blur_count,tab_switches".split(",")) m[k] = 0;
  }
  function view(referrer) {
    page = location.href;
    mark = 0;
    seen = shownAgain = 0;
    read(0);
    add("page_view", { title: d.title.slice(0, 200) }, referrer);
  }
  function depth() {
    var p = Math.min(100, round((w.scrollY + w.innerHeight) / d.documentElement.scrollHeight * 100)) || 0;
    if (p > m.max_scroll_depth) m.max_scroll_depth = p;
    return p;
  }
  function unfocus() {
    if (focused !== false) m.focus_time_ms += now() - focused;
    focused = false;
  }
  // Ends a reading; a short look after a return is none.
  function leave() {
    var t = now() - start;
    if (!m || shownAgain && t < 1e3) return;
    unfocus();
    depth();
    m.time_on_page_ms = m.visible_time_ms = t;
    if (samples) m.scroll_velocity_avg = round(speed / samples);
    add("page_exit", m);
    m = 0;
  }
  let first = name => { m["time_to_first_" + name + "_ms"] ??= now() - start; };
  // Between two readings m is the number 0, which ignores what is counted on it.
  let on = (target, name, act) => target.addEventListener(name, act, true);

  on(w, "scroll", () => {
    var t = now(), dy = w.scrollY - lastY, way = Math.sign(dy), p = depth(), v;
    if (!dy) return;
    first("scroll");
    if (way != turn && turn) m.scroll_direction_changes++;
    turn = way;
    v = round(Math.abs(dy) / (t - lastT || 1) * 1e3);
    for (var step of [25, 50, 75, 90, 100])
      if (p >= step && mark < step) {
        mark = step;
        add("scroll", { depth: p, milestone: step, direction: way < 0 ? "up" : "down", velocity: v });
      }
    if (t - lastT < 100) return;
    speed += v;
    samples++;
    lastY = w.scrollY;
    lastT = t;
  });
  on(d, "click", e => {
    var t = now(), link = e.target.closest("a[href]");
    first("interaction");
    m.click_count++;
    clicks.push(t);
    if (clicks.length > 2 && t - clicks[clicks.length - 3] < 500) m.is_rage_click = true;
    if (m.click_count > 1 && !e.target.closest("a,button,input,select,textarea,label,summary,[role=button]")) m.is_dead_click = true;
    if (link)
      add("link_click", { target_url: link.href, link_text: link.textContent.trim().slice(0, 100), is_external: link.host != location.host });
  });
  on(d, "keydown", () => {
    first("interaction");
    m.keyboard_events++;
  });
  on(d, "copy", () => { m.copy_events++; });
  on(d, "mousemove", e => {
    var t = now();
    if (mouse && t - mouse[2] < 50) return;
    if (mouse) m.mouse_move_distance_px += round(Math.hypot(e.clientX - mouse[0], e.clientY - mouse[1]));
    mouse = [e.clientX, e.clientY, t];
  });
  on(w, "blur", e => {
    if (e.target == w && focused !== false) m.blur_count++, unfocus();
  });
  on(w, "focus", e => { if (e.target == w) focused = now(); });
  on(d, "visibilitychange", () => {
    if (d.hidden) {
      if (m) m.tab_switches++;
      leave();
      seen = now();
      flush(1);
    } else if (!m) {
      shownAgain = 1;
      read(now() - seen);
    }
  });
  on(w, "pagehide", () => {
    leave();
    flush(1);
  });

  // Single-page applications change the address without a request.
  function moved() {
    var before = page;
    if (location.href.split("#")[0] == before.split("#")[0]) return;
    leave();
    view(before);
  }
  for (let name of ["pushState", "replaceState"]) {
    let was = history[name];
    history[name] = (...all) => {
      was.apply(history, all);
      moved();
    };
  }
  on(w, "popstate", moved);
  w.weir = add;
  view(d.referrer);
})(window, document, navigator);
