/// The script of a page that is served: it asks every two seconds whether the page has changed, and then loads it again where
/// the reader was.
enum LiveScript {
  static let text = """

    'use strict';
    (function () {
      var line = document.getElementById('live'), version = line.getAttribute('data-version'), key = 'finetune-place';
      var asked = new Date(), all = function (what) { return Array.from(document.querySelectorAll(what)); };
      function heads(table) { return Array.from(table.tHead.rows[0].cells); }
      function keep() {
        var sorts = all('table[data-sort]').map(function (table) {
          var column = heads(table).findIndex(function (head) { return head.hasAttribute('aria-sort'); });
          return {id: table.id, column: column, order: column < 0 ? '' : heads(table)[column].getAttribute('aria-sort')};
        });
        var focus = document.activeElement;
        sessionStorage.setItem(key, JSON.stringify({
          left: window.scrollX, top: window.scrollY, sorts: sorts, focus: focus ? focus.id : '',
          filters: all('.filter input').map(function (input) { return [input.id, input.value]; }),
          picks: all('.pick select').map(function (select) { return [select.id, select.options[select.selectedIndex].text]; }),
          open: all('details').map(function (part) { return part.open; })
        }));
      }
      function restore() {
        var kept = null;
        try { kept = JSON.parse(sessionStorage.getItem(key)); } catch (error) { return; }
        sessionStorage.removeItem(key);
        if (!kept) return;
        all('details').forEach(function (part, index) { if (index < kept.open.length) part.open = kept.open[index]; });
        kept.sorts.forEach(function (sort) {
          var table = document.getElementById(sort.id), head = table && heads(table)[sort.column];
          if (!head) return;
          head.querySelector('button').click();
          if (head.getAttribute('aria-sort') !== sort.order) head.querySelector('button').click();
        });
        kept.filters.forEach(function (entry) {
          var input = document.getElementById(entry[0]);
          if (!input || !entry[1]) return;
          input.value = entry[1];
          input.dispatchEvent(new Event('input'));
        });
        kept.picks.forEach(function (entry) {
          var select = document.getElementById(entry[0]);
          var index = select ? Array.from(select.options).findIndex(function (o) { return o.text === entry[1]; }) : -1;
          if (index < 0) return;
          select.selectedIndex = index;
          select.dispatchEvent(new Event('change'));
        });
        var focus = kept.focus && document.getElementById(kept.focus);
        if (focus) focus.focus({preventScroll: true});
        window.scrollTo(kept.left, kept.top);
      }
      function tell(text, fault) {
        if (line.textContent !== text) line.textContent = text;
        line.className = fault ? 'live fault' : 'live';
      }
      function ask() {
        fetch('version', {cache: 'no-cache'}).then(function (answer) {
          if (!answer.ok) throw new Error('status ' + answer.status);
          return answer.json();
        }).then(function (now) {
          asked = new Date();
          if (now.version !== version) {
            try { keep(); } catch (error) { try { sessionStorage.removeItem(key); } catch (denied) {} }
            location.reload();
            return;
          }
          tell(now.fault || 'Live: this page renews itself when a run ends.', Boolean(now.fault));
        }).catch(function () {
          tell('finetune serve does not answer. This is what was known at ' + asked.toLocaleTimeString() + '.', true);
        }).then(function () { setTimeout(ask, 2000); });
      }
      if ('scrollRestoration' in history) history.scrollRestoration = 'manual';
      restore();
      ask();
    })();

    """

  static let style = """

    .live{margin:.5rem 0;color:var(--soft);font-size:.9rem;min-height:1.5em}.live.fault{color:var(--warn);font-weight:600}
    @media print{.live{display:none}}

    """
}
