/// An accessibility check in the page itself: what a reader of WCAG 2.2 AA would object to, one sentence each.
enum PageAudit {
    /// Evaluates to an array of sentences; empty when there is nothing to object to.
    static let script = """
        (() => {
          const found = [];
          const all = [...document.querySelectorAll('body *')];
          const isShown = (e) => e.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true }) && e.getClientRects().length;
          const name = (e) => `${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''} "${(e.textContent || '').trim().slice(0, 30)}"`;

          // Colours: every text against what lies behind it.
          const channels = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
          const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const ratio = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
          const behind = (e) => {
            for (let p = e; p; p = p.parentElement) {
              const c = channels(getComputedStyle(p).backgroundColor);
              if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
            }
            return [255, 255, 255];
          };
          for (const e of all) {
            const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
            if (!own || !isShown(e) || e.closest('.hidden')) continue;
            const style = getComputedStyle(e);
            const color = channels(e instanceof SVGElement ? style.fill : style.color);
            const size = parseFloat(style.fontSize);
            const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
            const grounds = [behind(e)];
            const fill = e.closest('.ranked tbody th')?.querySelector('.fill');
            if (fill) grounds.push(channels(getComputedStyle(fill).backgroundColor).slice(0, 3));
            for (const ground of grounds) {
              const r = ratio(color.slice(0, 3), ground);
              if (r < needed) found.push(`contrast ${r.toFixed(2)} of ${name(e)}`);
            }
          }
          for (const [selector, ground] of [['.chart .people'], ['.chart .undecided'], ['.chart .bots']].map(([s]) => [s, '.card'])) {
            const e = document.querySelector(selector);
            if (e && ratio(channels(getComputedStyle(e).fill), behind(document.querySelector(ground))) < 3) found.push(`graphic contrast of ${selector}`);
          }
          for (const e of document.querySelectorAll('select, input:not([type=radio])')) {
            if (isShown(e) && ratio(channels(getComputedStyle(e).borderTopColor), behind(e.parentElement)) < 3) found.push(`border contrast of ${name(e)}`);
          }

          // Structure.
          if (!document.documentElement.lang) found.push('no language');
          if (!document.title) found.push('no title');
          if (document.querySelectorAll('main').length !== 1) found.push('not one main');
          if (!document.querySelector('body > header')) found.push('no banner');
          if (!document.querySelector('body > footer')) found.push('no contentinfo');
          if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
          let level = 0;
          for (const h of document.querySelectorAll('h1, h2, h3, h4')) {
            const now = Number(h.tagName[1]);
            if (now > level + 1) found.push(`heading level skipped at ${name(h)}`);
            level = now;
          }
          const ids = all.map((e) => e.id).filter(Boolean);
          for (const id of new Set(ids)) if (ids.filter((i) => i === id).length > 1) found.push(`id ${id} twice`);
          for (const e of document.querySelectorAll('[aria-labelledby]')) {
            if (!document.getElementById(e.getAttribute('aria-labelledby'))) found.push(`${name(e)} is named by nothing`);
          }
          for (const e of document.querySelectorAll('svg:not([aria-hidden=true]), img:not([alt])')) found.push(`picture without a text: ${name(e)}`);
          for (const t of document.querySelectorAll('table')) {
            if (!t.caption?.textContent) found.push('a table without a caption');
            if ([...t.querySelectorAll('th')].some((h) => !h.scope)) found.push('a table header without a scope');
            if ([...t.querySelectorAll('thead th')].some((h) => !h.textContent.trim())) found.push('an empty table header');
          }

          // Controls.
          for (const e of document.querySelectorAll('button, select, input, summary, a[href]')) {
            if (!isShown(e) || e.matches('.skip')) continue;
            const r = e.getBoundingClientRect();
            if (r.width < 24 || r.height < 24) found.push(`target ${r.width}x${r.height}: ${name(e)}`);
          }
          for (const e of document.querySelectorAll('[tabindex]')) if (e.tabIndex > 0) found.push(`tab order forced by ${name(e)}`);
          for (const e of all) {
            const style = getComputedStyle(e);
            const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY)
              && (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1);
            if (scrolls && isShown(e) && e.tabIndex < 0) found.push(`scrolls but takes no focus: ${name(e)}`);
          }
          return found;
        })()
        """
}
