// The page: asks the reports' API and draws the answers. Whatever comes from outside is text, never markup: there is no
// innerHTML here, and the page's Trusted Types policy would refuse it.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const packed = byId('weir-data') ? JSON.parse(byId('weir-data').textContent) : null;
  const filterNames = {
    source: 'source', path: 'landing page', country: 'country', device: 'device', browser: 'browser',
    utm_source: 'utm source', utm_medium: 'utm medium', utm_campaign: 'utm campaign', site: 'site',
  };
  const populations = { human: 'people + undecided', undecided: 'undecided', bot: 'bots', scanner: 'scanners', all: 'everybody' };
  const spans = { '1h': 'hour', '24h': '24 hours', '7d': '7 days', '30d': '30 days', '90d': '90 days' };
  const sections = [...document.querySelectorAll('[data-report]')];
  const svgSpace = 'http://www.w3.org/2000/svg';

  // ---- text -------------------------------------------------------------------------------------------------------

  // Controls, zero-width and direction marks are shown as what they are instead of doing what they do.
  const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
  const plain = (text) => String(text ?? '').replace(invisible, '\u{FFFD}');
  const number = new Intl.NumberFormat('en');
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
  const count = (value) => (value == null ? '–' : number.format(value));
  const short = (value) => (value == null ? '–' : Math.abs(value) < 1e6 ? number.format(value) : compact.format(value));
  const percent = (value) =>
    value == null ? '–' : `${number.format(Number(value.toFixed(value && Math.abs(value) < 10 ? 1 : 0)))} %`;
  const dollars = (microdollars) => {
    if (microdollars == null) return '–';
    const value = microdollars / 1e6;
    const digits = value && Math.abs(value) < 0.01 ? 4 : 2;
    return `$${new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)}`;
  };
  const duration = (seconds) => {
    if (seconds == null) return '–';
    if (seconds < 90) return `${Math.round(seconds)} s`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
    if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
    return `${Math.round(seconds / 86400)} d`;
  };
  const regions = new Intl.DisplayNames(['en'], { type: 'region' });
  const country = (code) => {
    if (!/^[A-Za-z]{2}$/.test(code ?? '')) return code || 'Unknown';
    try { return regions.of(code.toUpperCase()); } catch { return code; }
  };
  const words = (name) => String(name ?? '').replaceAll('_', ' ');
  const moment = (text, zone, withSeconds) => {
    if (!text) return '–';
    return new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit',
      ...(withSeconds ? { second: '2-digit' } : { year: 'numeric' }),
    }).format(new Date(text));
  };
  const ago = (text) => {
    const seconds = Math.max(0, (Date.parse(packed ? packed.made : new Date()) - Date.parse(text)) / 1000);
    return `${duration(seconds)} ago`;
  };
  const reasons = {
    high_request_count: 'More requests than people make', high_page_coverage: 'Fetched most of the site',
    sequential_navigation: 'Went through the pages in order', multiple_fingerprint_sessions: 'Many sessions of one browser',
    regular_timing: 'Requests at even intervals', high_pages_per_minute: 'Pages faster than people read',
    outdated_browser: 'Claims a browser of years ago', request_velocity: 'Too many requests a minute',
    unique_pages: 'Too many different pages', short_gaps: 'No pause between requests',
    long_session: 'A session of many hours', assets_never_fetched: 'Never fetched styles or images',
    no_engagement: 'Never scrolled or clicked', header_mismatch: 'Headers do not fit the browser',
    robots_fetched: 'Read robots.txt', unvisited_referrer: 'Referrer that was never visited',
    set_by_hand: 'Flagged by hand', unknown: 'No verdict stored',
  };
  const reason = (name) => {
    if (reasons[name]) return reasons[name];
    const text = words(name);
    return text.charAt(0).toUpperCase() + text.slice(1);
  };

  // ---- elements ---------------------------------------------------------------------------------------------------

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (value == null || value === false) continue;
      if (name === 'class') element.className = value;
      else if (name === 'click') element.addEventListener('click', value);
      else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  };
  const outside = (text, limit = 160) => {
    const shown = plain(text);
    const isLong = shown.length > limit;
    return make('bdi', { title: isLong ? shown.slice(0, 2000) : null }, isLong ? `${shown.slice(0, limit)}…` : shown);
  };
  const empty = (answer, text) => {
    const stored = answer?.stored;
    if (!stored) return make('p', { class: 'empty' }, answer?.hint ? plain(answer.hint) : text);
    const zone = answer.timezone;
    return make('p', { class: 'empty' }, `${text} What is stored reaches from ${moment(stored.from, zone)} to ${moment(stored.to, zone)}.`);
  };
  const table = (caption, columns, rows, className = '') =>
    make('table', { class: className },
      make('caption', { class: 'hidden' }, caption),
      make('thead', {}, make('tr', {}, ...columns.map((column) =>
        make('th', { scope: 'col', class: [column.number && 'n', column.optional && 'optional'].filter(Boolean).join(' ') || null },
          column.title)))),
      make('tbody', {}, ...rows.map((row) => make('tr', {}, ...columns.map((column, index) => {
        const classes = [column.number && 'n', column.soft && 'soft', column.cut && 'cut', column.optional && 'optional'];
        return make(index === 0 ? 'th' : 'td',
          { scope: index === 0 ? 'row' : null, class: classes.filter(Boolean).join(' ') || null }, column.cell(row));
      })))));

  // Rows with a bar behind their name; the name narrows the page to itself where `filters` says how.
  const ranked = (caption, title, rows, { name, value, text = count, share, filters, note }) => {
    const largest = Math.max(1, ...rows.map(value));
    const columns = [
      {
        title, cell: (row) => {
          const fill = make('span', { class: 'fill', 'aria-hidden': 'true' });
          fill.style.setProperty('--share', String((100 * value(row)) / largest));
          const chosen = filters?.(row);
          const label = chosen && !packed
            ? make('button', { class: 'name', type: 'button', click: () => narrow(chosen) }, outside(name(row), 120),
              make('span', { class: 'hidden' }, ' (show only this)'))
            : make('span', { class: 'name' }, outside(name(row), 120));
          const cell = document.createDocumentFragment();
          cell.append(fill, label);
          return cell;
        },
      },
      { title: caption.unit, number: true, cell: (row) => text(value(row)) },
    ];
    if (share) columns.push({ title: 'share', number: true, soft: true, cell: (row) => percent(share(row)) });
    if (note) columns.push({ title: note.title, number: true, soft: true, cell: (row) => note.cell(row) });
    return table(caption.text, columns, rows, 'ranked');
  };

  // ---- what the page shows ----------------------------------------------------------------------------------------

  const state = { since: '24h', until: null, population: 'human', filters: {}, isLive: true, zone: 'UTC', loads: 0 };
  try { state.zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'; } catch { /* stays UTC */ }
  const ownZone = state.zone;
  const isZone = (name) => { try { return Boolean(new Intl.DateTimeFormat('en', { timeZone: name })); } catch { return false; } };

  const readAddress = () => {
    const query = new URLSearchParams(location.search);
    state.since = query.get('since') || '24h';
    state.until = query.get('until');
    state.zone = query.get('tz') && isZone(query.get('tz')) ? query.get('tz') : ownZone;
    state.population = query.get('class') in populations ? query.get('class') : 'human';
    state.filters = {};
    for (const name of Object.keys(filterNames)) if (query.get(name)) state.filters[name] = query.get(name);
  };
  const address = () => {
    const query = new URLSearchParams();
    if (state.since !== '24h' || state.until) query.set('since', state.since);
    if (state.until) query.set('until', state.until);
    // Days are those of a zone: whoever is passed the address sees the same.
    if (state.until || state.zone !== ownZone) query.set('tz', state.zone);
    if (state.population !== 'human') query.set('class', state.population);
    for (const [name, value] of Object.entries(state.filters)) query.set(name, value);
    const text = query.toString();
    return location.pathname + (text ? `?${text}` : '');
  };
  const change = () => {
    if (!packed) history.pushState(null, '', address());
    showControls();
    load(sections, true);
  };
  const showAll = () => {
    [state.since, state.until] = ['all', null];
    change();
    byId('main').focus({ preventScroll: true });
  };
  const narrow = (filters) => {
    Object.assign(state.filters, filters);
    change();
    byId('main').focus({ preventScroll: true });
  };

  const question = (report, takes) => {
    const [path, own] = report.split('?');
    const query = new URLSearchParams(own ?? '');
    const isPast = state.until != null;
    if (takes.includes('window') || (takes.includes('recent') && isPast)) {
      query.set('since', state.since);
      if (state.until) query.set('until', state.until);
      query.set('tz', state.zone);
      if (state.since === 'all') query.delete('compare');
    }
    if (takes.includes('grouping')) query.set('group_by', 'auto');
    if (takes.includes('class')) query.set('class', state.population);
    const names = takes.includes('filters') ? Object.keys(filterNames) : takes.includes('site') ? ['site'] : [];
    for (const name of names) if (state.filters[name]) query.set(name, state.filters[name]);
    return `api/v1/reports/${path}?${query}`;
  };

  class Refusal extends Error {
    constructor(status, error) {
      super([error?.message ?? `The reporter answered ${status}.`, error?.hint].filter(Boolean).join(' '));
      this.status = status;
      this.code = error?.code;
    }
  }
  const token = () => { try { return sessionStorage.getItem('weir-token'); } catch { return null; } };
  const ask = async (url) => {
    const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
    let response;
    try {
      response = await fetch(url, { headers, credentials: 'same-origin' });
    } catch {
      throw new Refusal(0, { message: 'The reporter does not answer.', hint: 'What you see was loaded before.' });
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok || !answer) throw new Refusal(response.status, answer?.error);
    return answer;
  };

  const trouble = (error) => {
    byId('token-form').hidden = !(error?.status === 401);
    byId('token-label').textContent = token() ? 'That token is none of this reporter\u2019s; it asks for one' : 'This reporter asks for a token';
    byId('trouble').hidden = !error || error.status === 401;
    byId('trouble').textContent = error ? plain(error.message) : '';
  };

  const show = (section, answer) => {
    const body = section.querySelector('.body');
    // What is being looked at or held by the keyboard stays while the numbers under it change.
    const held = body.contains(document.activeElement) ? focusPath(body) : null;
    draw[section.id](answer, body, section);
    if (held) (body.querySelectorAll('button, summary, [tabindex]')[held.index] ?? section).focus?.({ preventScroll: true });
  };
  const focusPath = (body) =>
    ({ index: [...body.querySelectorAll('button, summary, [tabindex]')].indexOf(document.activeElement) });

  const load = async (which, isAnnounced) => {
    const turn = ++state.loads;
    let failure = null;
    await Promise.all(which.map(async (section) => {
      const takes = (section.dataset.takes ?? '').split(' ');
      if (packed) { show(section, packed.answers[section.dataset.report]); return; }
      section.setAttribute('aria-busy', 'true');
      if (isAnnounced) section.classList.add('busy');
      try {
        const answer = await ask(question(section.dataset.report, takes));
        // A later question overtakes this one only for the sections that it asks about.
        if (Number(section.dataset.turn ?? 0) > turn) return;
        section.dataset.turn = turn;
        show(section, answer);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.code === 'bad_value' && /time zone/.test(error.message) && state.zone !== 'UTC') {
          state.zone = 'UTC';
          queueMicrotask(() => load(sections, isAnnounced));
        } else {
          failure = failure ?? error;
        }
      } finally {
        section.setAttribute('aria-busy', 'false');
        section.classList.remove('busy');
      }
    }));
    trouble(failure);
    if (!failure && isAnnounced) byId('status').textContent = `Numbers for ${described()} are shown.`;
    document.documentElement.dataset.state = failure ? 'failed' : 'ready';
  };

  const described = () => {
    const span = state.until ? `${state.since} to ${state.until}`
      : state.since === 'all' ? 'everything stored' : `the last ${spans[state.since] ?? state.since}`;
    const filters = Object.entries(state.filters).map(([name, value]) => `${filterNames[name]} ${plain(value)}`);
    return [span, populations[state.population], ...filters].join(', ');
  };

  // ---- sections ---------------------------------------------------------------------------------------------------

  const delta = (now, before, unit = '%') => {
    if (now == null) return '';
    if (before == null) return unit === 'pts' && now ? 'none before' : '';
    const difference = unit === '%' ? (before === 0 ? null : (100 * (now - before)) / Math.abs(before)) : now - before;
    if (difference == null) return now === 0 ? '' : 'none before';
    if (Math.abs(difference) < 0.05) return 'as before';
    const text = `${number.format(Math.abs(Number(difference.toFixed(Math.abs(difference) < 10 ? 1 : 0))))} ${unit}`;
    return make('span', { class: difference > 0 ? 'rise' : 'fall' },
      make('span', { class: 'hidden' }, difference > 0 ? 'up ' : 'down '), text);
  };
  const classBadge = (name) => {
    const kind = name === 'human' ? 'people' : name === 'undecided' ? 'undecided' : 'bots';
    return make('span', { class: `badge ${kind}` }, name === 'human' ? 'person' : words(name));
  };

  const draw = {
    headline(answer, body) {
      const at = (data, path) => path.split('.').reduce((value, name) => value?.[name], data);
      const botShare = (data) => (at(data, 'traffic.sessions')
        ? (100 * at(data, 'traffic.bot_sessions')) / at(data, 'traffic.sessions') : data === answer.data ? 0 : null);
      const before = answer.previous?.data;
      const whose = populations[state.population];
      const tiles = [
        ['Visitors', short, (data) => at(data, 'traffic.visitors'), '%', whose],
        ['Sessions', short, (data) => at(data, 'sessions.created_in_period'), '%', whose],
        ['Page views', short, (data) => at(data, 'traffic.page_views'), '%', whose],
        ['Requests', short, (data) => at(data, 'traffic.requests'), '%', 'everybody'],
        ['Bots', percent, botShare, 'pts', 'of all sessions'],
        // Who is there now belongs to no window of the past.
        ...(state.until ? [] : [['Active now', short, (data) => at(data, 'sessions.currently_active'), null, `${whose}, last 30 min`]]),
      ];
      body.replaceChildren(...tiles.map(([title, format, value, unit, note]) => {
        const now = value(answer.data);
        return make('div', { class: 'tile' }, make('dt', {}, title),
          make('dd', { class: 'number', title: count(now) }, format(now)),
          make('dd', { class: 'change' }, unit && before ? delta(now, value(before), unit) : '', make('span', { class: 'whose' }, note)));
      }));
      if (state.until && !packed) showDays(answer);
      byId('scope').textContent = `${moment(answer.from, answer.timezone)} – ${moment(answer.to, answer.timezone)}`;
      byId('asof').textContent = `As of ${moment(packed ? packed.made : new Date().toISOString(), answer.timezone)}, `
        + `${answer.timezone}.${before ? ' Changes are against the same time just before.' : ''}`;
    },

    trends(answer, body) { chart(body, answer); },

    sources: (answer, body) => list(body, answer, answer.data.sources, {
      text: 'Sessions by referrer source', title: 'source', unit: 'sessions', value: (row) => row.session_count,
      name: (row) => words(row.source), share: (row) => row.percentage, filters: (row) => ({ source: row.source }),
    }),
    content: (answer, body) => list(body, answer, answer.data.content, {
      text: 'Pages by views', title: 'page', unit: 'views', value: (row) => row.views,
      name: (row) => pageName(row, answer.data.content), share: (row) => row.percentage, filters: (row) => ({ path: row.path }),
    }),
    countries: (answer, body) => list(body, answer, answer.data.countries, {
      text: 'Sessions by country', title: 'country', unit: 'sessions', value: (row) => row.session_count,
      name: (row) => country(row.country), share: (row) => row.percentage, filters: (row) => ({ country: row.country }),
    }),
    devices: (answer, body) => list(body, answer, answer.data.devices, {
      text: 'Sessions by device and browser', title: 'device', unit: 'sessions', value: (row) => row.session_count,
      name: (row) => `${row.device_type} · ${row.browser}`, share: (row) => row.percentage,
      filters: (row) => ({ device: row.device_type, browser: row.browser }),
    }),

    sessions(answer, body) {
      const rows = answer.data.sessions;
      const isPast = state.until != null;
      byId('h-sessions').textContent = isPast ? 'Sessions' : 'Live sessions';
      byId('active').textContent = `${count(answer.data.active_count)} active${isPast ? ' in this window' : ''}`;
      if (!rows.length) {
        body.replaceChildren(empty(null, isPast ? 'Nobody was active in this window.' : 'Nobody was active in these 30 minutes.'));
        return;
      }
      const columns = [
        { title: 'last seen', cell: (row) => (state.until ? moment(row.last_activity_time, answer.timezone, true) : ago(row.last_activity_time)) },
        { title: 'verdict', cell: (row) => classBadge(row.class) },
        { title: 'landing page', cut: true, cell: (row) => outside(row.landing_page || '–', 80) },
        { title: 'country', optional: true, cell: (row) => outside(country(row.country), 40) },
        { title: 'device', optional: true, cell: (row) => outside(row.device_type || '–', 30) },
        { title: 'requests', number: true, cell: (row) => count(row.request_count) },
        { title: 'duration', number: true, optional: true, cell: (row) => duration(row.duration_seconds) },
      ];
      if (!packed) {
        columns.push({
          title: 'why', number: true, cell: (row) => make('button', {
            type: 'button', class: 'quiet', 'data-session': row.session_id, 'aria-label': `Why is the session on ${plain(row.landing_page ?? '').slice(0, 60)} ${words(row.class)}?`,
            click: () => explain(row.session_id),
          }, 'Why?'),
        });
      }
      body.replaceChildren(make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': byId('h-sessions').textContent },
        table(isPast ? 'Sessions active in this window, newest first' : 'Sessions active in the last 30 minutes, newest first', columns, rows)));
    },

    bots(answer, body) {
      const data = answer.data;
      byId('bot-count').textContent = '';
      if (!data.bot_sessions) { body.replaceChildren(empty(answer, 'No bots in this window.')); return; }
      const part = (title, content) => make('div', {}, make('h3', {}, title), content);
      byId('bot-count').textContent = `${count(data.bot_sessions)} of ${count(data.total_sessions)} sessions`;
      const tierNames = { declared: 'Said so (user agent)', scanner: 'Probed for weaknesses', behavioral: 'Behaved like one' };
      body.replaceChildren(
        part('Which they were',
          ranked({ text: 'Bots by name', unit: 'sessions' }, 'bot', data.bot_breakdown,
            { name: (row) => row.bot_type, value: (row) => row.session_count, note: { title: 'requests', cell: (row) => short(row.request_count) } })),
        part('How they were found (some in several ways)',
          ranked({ text: 'Bots by how they were found', unit: 'sessions' }, 'tier', data.tiers,
            { name: (row) => tierNames[row.tier] ?? row.tier, value: (row) => row.session_count, share: (row) => row.percentage })),
        part('The reasons on record (some have several)',
          ranked({ text: 'Signals behind the verdicts', unit: 'sessions' }, 'signal', data.reasons,
            { name: (row) => reason(row.signal), value: (row) => row.session_count, share: (row) => row.percentage })));
    },

    throttle(answer, body) {
      const rows = answer.data.levels;
      if (!rows.length) { body.replaceChildren(empty(null, 'Nobody is slowed at present.')); return; }
      body.replaceChildren(table('Clients above the normal level', [
        { title: 'client', cut: true, cell: (row) => outside(row.key, 60) },
        { title: 'level', cell: (row) => make('span', { class: `badge ${row.level === 'blocked' ? 'bad' : 'bots'}` }, plain(row.level)) },
        { title: 'because', soft: true, cell: (row) => outside(row.cause, 60) },
        { title: 'until', soft: true, optional: true, cell: (row) => moment(row.expires_at, state.zone, true) },
      ], rows));
    },

    anomalies(answer, body) {
      const rows = answer.data.anomalies;
      if (!rows.length) { body.replaceChildren(empty(null, 'Nothing out of the ordinary.')); return; }
      body.replaceChildren(table('Anomalies, what goes on and is critical first', [
        { title: 'since', cell: (row) => moment(row.opened_at, answer.timezone, true) },
        { title: 'level', cell: (row) => make('span', { class: `badge ${row.level === 'critical' ? 'bad' : 'bots'}` }, plain(row.level)) },
        { title: 'what', cell: (row) => outside(row.message, 140) },
        { title: 'state', soft: true, optional: true, cell: (row) => (row.closed_at ? 'over' : 'open') },
      ], rows));
    },

    costs(answer, body) {
      const data = answer.data;
      if (!data.total_requests) { body.replaceChildren(empty(null, 'No AI requests in this window.')); return; }
      const before = answer.previous?.data;
      body.replaceChildren(
        make('p', { class: 'big' }, dollars(data.total_cost_microdollars)),
        make('p', { class: 'delta' }, before ? delta(data.total_cost_microdollars, before.total_cost_microdollars) : ''),
        make('dl', { class: 'pairs' },
          make('dt', {}, 'requests'), make('dd', {}, count(data.total_requests)),
          make('dt', {}, 'tokens'), make('dd', {}, count(data.total_tokens)),
          make('dt', {}, 'cost a request'), make('dd', {}, dollars(data.avg_cost_per_request_microdollars))));
    },
    models: (answer, body) => list(body, { ...answer, hint: null }, answer.data.items, {
      text: 'Costs by model', title: 'model', unit: 'cost', value: (row) => row.cost_microdollars, format: dollars,
      name: (row) => row.name, share: (row) => row.percentage, nothing: 'No AI requests in this window.',
    }),
  };

  // The title where it says which page is meant, else the path; the site where there is more than one.
  const pageName = (row, rows) => {
    const isAmbiguous = rows.some((other) => other !== row && other.title === row.title && other.path !== row.path);
    const site = rows.some((other) => other.site !== row.site) ? ` · ${row.site}` : '';
    return (row.title && !isAmbiguous ? row.title : row.path) + site;
  };
  const list = (body, answer, rows, options) => {
    if (!rows.length) { body.replaceChildren(empty(answer, options.nothing ?? 'Nothing in this window.')); return; }
    body.replaceChildren(ranked({ text: options.text, unit: options.unit }, options.title, rows,
      { ...options, text: options.format ?? count }));
  };

  // ---- the chart --------------------------------------------------------------------------------------------------

  const series = [['human_sessions', 'people', 'people'], ['undecided_sessions', 'undecided', 'undecided'], ['bot_sessions', 'bots', 'bots']];
  let drawn = null;

  const vector = (tag, properties, ...children) => {
    const element = document.createElementNS(svgSpace, tag);
    for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  // 1, 2 or 5 times a power of ten: the step of at most four lines up to `largest`.
  const stepFor = (largest) => {
    const rough = Math.max(1, largest / 4);
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
  };
  const bucketLabel = (point, answer) => {
    const unit = answer.data.group_by;
    const options = unit === 'hour' || unit === 'minute'
      ? { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }
      : unit === 'month' ? { month: 'long', year: 'numeric' } : { weekday: 'short', day: 'numeric', month: 'short' };
    const text = new Intl.DateTimeFormat('en-GB', { timeZone: answer.timezone, ...options }).format(new Date(point.start));
    return unit === 'week' ? `week of ${text}` : text;
  };
  const axisLabel = (point, answer) => {
    const unit = answer.data.group_by;
    const isTimed = (unit === 'hour' || unit === 'minute') && Date.parse(answer.to) - Date.parse(answer.from) < 3.6e6 * 30;
    const options = isTimed ? { hour: '2-digit', minute: '2-digit' }
      : unit === 'month' ? { month: 'short', year: 'numeric' } : { day: 'numeric', month: 'short' };
    return new Intl.DateTimeFormat('en-GB', { timeZone: answer.timezone, ...options }).format(new Date(point.start));
  };

  const chart = (body, answer) => {
    const points = answer.data.points;
    const total = answer.data.total_sessions;
    drawn = { body, answer };
    if (!total) {
      const all = answer.stored && state.since !== 'all' && !packed ? make('button', { type: 'button', id: 'show-all', click: showAll }, 'Show all that is stored') : null;
      body.replaceChildren(...[empty(answer, 'No sessions in this window.'), all].filter(Boolean));
      return;
    }
    const wasOpen = body.querySelector('details')?.open ?? false;
    const width = Math.max(320, body.clientWidth);
    const [height, left, bottom, top] = [250, 46, 24, 8];
    const largest = Math.max(1, ...points.map((point) => point.session_count));
    const step = stepFor(largest);
    const ceiling = Math.ceil(largest / step) * step;
    const y = (value) => top + (height - top - bottom) * (1 - value / ceiling);
    const slot = (width - left) / points.length;
    const gap = Math.min(4, slot * 0.25);

    const picture = vector('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', preserveAspectRatio: 'none' });
    for (let value = 0; value <= ceiling; value += step) {
      picture.append(vector('line', { x1: left, x2: width, y1: y(value), y2: y(value) }),
        vector('text', { x: left - 8, y: y(value) + 4, 'text-anchor': 'end' }, short(value)));
    }
    // Of hours over several days, each day where it begins; else as many as there is room for.
    const spoken = new Set();
    const texts = points.map((point) => axisLabel(point, answer));
    const begins = points.map((_, index) => index).filter((index) => index === 0 || texts[index] !== texts[index - 1]);
    const room = Math.max(2, Math.floor((width - left) / 84));
    if (begins.length < points.length) {
      // What is left of the first day may be too short for its name and that of the next.
      if (begins.length > 1 && begins[1] * slot < 60) begins.shift();
      begins.filter((_, place) => place % Math.ceil(begins.length / room) === 0).forEach((index) => spoken.add(index));
    } else {
      begins.filter((index) => index % Math.ceil(points.length / room) === 0).forEach((index) => spoken.add(index));
    }
    const cursors = points.map((point, index) => {
      const x = left + index * slot;
      let sum = 0;
      for (const [key, , className] of series) {
        const value = point[key];
        if (!value) continue;
        picture.append(vector('rect', {
          class: className, x: (x + gap / 2).toFixed(2), width: Math.max(0.6, slot - gap).toFixed(2),
          y: y(sum + value).toFixed(2), height: (y(sum) - y(sum + value)).toFixed(2), rx: Math.min(2, slot / 6).toFixed(1),
        }));
        sum += value;
      }
      if (spoken.has(index) && x + 40 < width) {
        picture.append(vector('text', { x: x + slot / 2, y: height - 6, 'text-anchor': index === 0 ? 'start' : 'middle' }, texts[index]));
      }
      const cursor = vector('rect', { class: 'cursor', x, width: slot, y: top, height: height - top - bottom });
      picture.append(cursor);
      return cursor;
    });

    const sums = series.map(([key, name]) => `${count(points.reduce((sum, point) => sum + point[key], 0))} ${name}`);
    const tip = make('div', { class: 'tip', hidden: true });
    const frame = make('div', {
      class: 'chart', tabindex: '0', role: 'group', 'aria-roledescription': 'chart',
      'aria-label': `Sessions over time: ${sums.join(', ')}. Left and right arrow keys read single intervals.`,
    }, picture, tip);
    let current = -1;
    const point = (index, isSpoken) => {
      cursors[current]?.classList.remove('on');
      current = index;
      tip.hidden = index < 0;
      if (index < 0) return;
      cursors[index].classList.add('on');
      const here = points[index];
      const lines = series.map(([key, name]) => `${count(here[key])} ${name}`);
      tip.replaceChildren(make('b', {}, bucketLabel(here, answer)), ...lines.map((line) => make('div', {}, line)));
      const x = (left + (index + 0.5) * slot) * (frame.clientWidth / width);
      tip.style.left = `${Math.max(0, x > frame.clientWidth / 2 ? x - tip.offsetWidth - 14 : x + 14)}px`;
      if (isSpoken) byId('status').textContent = `${bucketLabel(here, answer)}: ${lines.join(', ')}`;
    };
    frame.addEventListener('pointermove', (event) => {
      const bounds = frame.getBoundingClientRect();
      const index = Math.floor(((event.clientX - bounds.left) * (width / bounds.width) - left) / slot);
      point(index >= 0 && index < points.length ? index : -1, false);
    });
    frame.addEventListener('pointerleave', () => point(-1, false));
    frame.addEventListener('blur', () => point(-1, false));
    frame.addEventListener('keydown', (event) => {
      const moves = { ArrowLeft: Math.max(0, current - 1), ArrowRight: Math.min(points.length - 1, current + 1), Home: 0, End: points.length - 1 };
      if (event.key === 'Escape') point(-1, false);
      if (!(event.key in moves)) return;
      event.preventDefault();
      point(event.key === 'ArrowLeft' && current < 0 ? points.length - 1 : moves[event.key], true);
    });

    const details = make('details', { open: wasOpen, 'aria-label': 'The chart as a table' }, make('summary', {}, 'The same as a table'),
      make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Sessions over time' },
        table('Sessions over time', [
          { title: 'when', cell: (row) => bucketLabel(row, answer) },
          ...series.map(([key, name]) => ({ title: name, number: true, cell: (row) => count(row[key]) })),
          { title: 'all', number: true, cell: (row) => count(row.session_count) },
        ], points)));
    body.replaceChildren(frame, details);
  };

  // ---- one session ------------------------------------------------------------------------------------------------

  const explain = async (id) => {
    const dialog = byId('session');
    const body = dialog.querySelector('.body');
    body.replaceChildren(make('p', { class: 'empty' }, 'Loading …'));
    dialog.showModal();
    // The table may have been drawn anew meanwhile, and with it the button that one came from.
    dialog.addEventListener('close', () => {
      const button = document.querySelector(`#sessions button[data-session="${CSS.escape(id)}"]`);
      const held = document.activeElement;
      if (held === document.body || dialog.contains(held)) button?.focus({ preventScroll: true });
    }, { once: true });
    const query = new URLSearchParams({ id, tz: state.zone });
    try {
      const [shown, verdict] = await Promise.all([
        ask(`api/v1/reports/sessions/show?${query}&limit=30`), ask(`api/v1/reports/bots/explain?${query}`)]);
      const session = shown.data.session;
      const pairs = [
        ['verdict', classBadge(session.class)], ['score', count(session.score)], ['bot', session.bot_name], ['session', session.session_id],
        ['began', moment(session.started_at, shown.timezone, true)], ['lasted', duration(session.duration_seconds)],
        ['requests', `${count(session.request_count)}, ${count(session.asset_count)} assets, ${count(session.error_count)} errors`],
        ['source', words(session.source)], ['referrer', session.referrer_url], ['entry', session.entry_url],
        ['country', country(session.country)], ['address', session.ip_address], ['user agent', session.user_agent],
      ].filter(([, value]) => value != null && value !== '');
      body.replaceChildren(
        make('dl', { class: 'pairs' }, ...pairs.flatMap(([name, value]) =>
          [make('dt', {}, name), make('dd', {}, typeof value === 'string' ? outside(value, 400) : value)])),
        make('h3', {}, 'Signals behind the verdict'),
        verdict.data.signals.length ? table('Signals', [
          { title: 'signal', cell: (row) => reason(row.name) },
          { title: 'points', number: true, cell: (row) => count(row.points) },
          { title: 'observed', cell: (row) => outside(row.observed, 80) },
          { title: 'threshold', soft: true, cell: (row) => outside(row.threshold, 60) },
        ], verdict.data.signals) : make('p', { class: 'empty' }, 'Nothing speaks against this session.'),
        make('h3', {}, 'Requests'),
        table('Requests of the session', [
          { title: 'at', cell: (row) => moment(row.at, shown.timezone, true) }, { title: 'kind', cell: (row) => plain(row.kind) },
          { title: 'path', cut: true, cell: (row) => outside(row.path, 90) },
          { title: 'status', number: true, cell: (row) => count(row.status) },
        ], shown.data.requests));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      body.replaceChildren(make('p', { class: 'empty' }, plain(error.message)));
    }
  };

  // ---- controls ---------------------------------------------------------------------------------------------------

  // The fields take days: those in which the window begins and ends, however the address gives it.
  const showDays = (answer) => {
    const day = (time) => new Intl.DateTimeFormat('en-CA', { timeZone: answer.timezone, year: 'numeric', month: '2-digit', day: '2-digit' })
      .format(new Date(time));
    for (const [id, time] of [['from', Date.parse(answer.from)], ['until', Date.parse(answer.to) - 1]]) {
      if (document.activeElement !== byId(id)) byId(id).value = day(time);
    }
  };

  const showControls = () => {
    const isPreset = state.until == null && (state.since in spans || state.since === 'all');
    for (const input of document.querySelectorAll('[name="range"]')) {
      input.checked = input.value === (isPreset ? state.since : 'custom');
    }
    byId('dates').hidden = isPreset;
    // What is over does not change any more.
    byId('live').hidden = state.until != null;
    if (/^\d{4}-\d\d-\d\d$/.test(state.since)) byId('from').value = state.since;
    if (/^\d{4}-\d\d-\d\d$/.test(state.until ?? '')) byId('until').value = state.until;
    byId('population').value = state.population;
    byId('chips').replaceChildren(...Object.entries(state.filters).map(([name, value]) =>
      make('li', {}, make('button', {
        type: 'button', 'aria-label': `Remove the filter ${filterNames[name]} ${plain(value).slice(0, 80)}`,
        click: () => { delete state.filters[name]; change(); byId('main').focus({ preventScroll: true }); },
      }, `${filterNames[name]}: `, outside(value, 40)))));
  };

  const wire = () => {
    byId('ranges').addEventListener('change', (event) => {
      if (event.target.value === 'custom') { byId('dates').hidden = false; byId('from').focus(); return; }
      [state.since, state.until] = [event.target.value, null];
      change();
    });
    byId('dates').addEventListener('submit', (event) => {
      event.preventDefault();
      [state.since, state.until] = [byId('from').value, byId('until').value];
      change();
    });
    byId('filter').addEventListener('submit', (event) => {
      event.preventDefault();
      const value = byId('filter-value').value.trim();
      if (!value) { byId('filter-value').focus(); return; }
      state.filters[byId('filter-name').value] = value;
      byId('filter-value').value = '';
      change();
    });
    byId('population').addEventListener('change', (event) => { state.population = event.target.value; change(); });
    byId('token-form').addEventListener('submit', (event) => {
      event.preventDefault();
      sessionStorage.setItem('weir-token', byId('token').value.trim());
      byId('token').value = '';
      load(sections, true);
    });
    byId('live').addEventListener('click', () => {
      state.isLive = !state.isLive;
      byId('live').setAttribute('aria-pressed', String(state.isLive));
    });
    byId('session-close').addEventListener('click', () => byId('session').close());
    window.addEventListener('popstate', () => {
      const shown = address();
      readAddress();
      // The link to the numbers changes the address, too, but nothing of what it asks for.
      if (address() === shown) return;
      showControls();
      load(sections, true);
    });
  };

  const theme = (name) => {
    if (name === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    byId('theme').value = name;
  };
  byId('theme').addEventListener('change', (event) => {
    theme(event.target.value);
    try { localStorage.setItem('weir-theme', event.target.value); } catch { /* kept for this page only */ }
  });
  try { theme(localStorage.getItem('weir-theme') ?? 'auto'); } catch { theme('auto'); }

  let resized = 0;
  new ResizeObserver(() => {
    if (!drawn || Math.abs(drawn.body.clientWidth - resized) < 2) return;
    resized = drawn.body.clientWidth;
    chart(drawn.body, drawn.answer);
  }).observe(byId('trends'));

  if (packed) {
    document.documentElement.classList.add('static');
    Object.assign(state, packed.state);
    byId('population').disabled = true;
    showControls();
    byId('chips').querySelectorAll('button').forEach((chip) => { chip.disabled = true; });
    load(sections, false);
    return;
  }

  // A token in the address's fragment is never sent to a server; it is kept for this tab and leaves the address.
  const given = /(?:^#|&)token=([^&]+)/.exec(location.hash);
  if (given) {
    sessionStorage.setItem('weir-token', decodeURIComponent(given[1]));
    history.replaceState(null, '', location.pathname + location.search);
  }
  readAddress();
  wire();
  showControls();
  load(sections, true);
  let ticks = 0;
  setInterval(() => {
    if (!state.isLive || document.hidden || state.until || byId('session').open) return;
    ticks += 1;
    load(ticks % 6 === 0 ? sections : sections.filter((section) => 'live' in section.dataset), false);
  }, 10_000);
})();
