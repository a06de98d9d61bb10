/// The page's script: it sorts, filters, and shows in what two cells differ. It puts text only, never markup, into the page.
enum PageScript {
  static let text = """

    'use strict';
    (function () {
      function key(row, column) {
        var cell = row.cells[column], k = cell.getAttribute('data-k');
        return k === null ? cell.textContent : Number(k);
      }
      function compare(a, b) {
        if (typeof a === 'number' && typeof b === 'number') return a - b;
        if (typeof a === 'number') return -1;
        if (typeof b === 'number') return 1;
        return a < b ? -1 : a > b ? 1 : 0;
      }
      function sortable(table) {
        var heads = Array.from(table.tHead.rows[0].cells), body = table.tBodies[0];
        heads.forEach(function (head, column) {
          var button = document.createElement('button');
          button.type = 'button';
          button.textContent = head.textContent;
          head.textContent = '';
          head.appendChild(button);
          button.addEventListener('click', function () {
            var down = head.getAttribute('aria-sort') === 'ascending';
            heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
            head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
            var rows = Array.from(body.rows).map(function (row) { return [key(row, column), row]; });
            rows.sort(function (a, b) {
              var order = compare(a[0], b[0]);
              return down && typeof a[0] === typeof b[0] ? -order : order;
            });
            var all = document.createDocumentFragment();
            rows.forEach(function (entry) { all.appendChild(entry[1]); });
            body.appendChild(all);
          });
        });
      }
      document.querySelectorAll('table[data-sort]').forEach(sortable);
      document.querySelectorAll('.filter').forEach(function (part) {
        var input = part.querySelector('input'), id = input.getAttribute('data-table');
        var rows = Array.from(document.getElementById(id).tBodies[0].rows), count = document.getElementById(id + '-count');
        var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
        part.hidden = false;
        input.addEventListener('input', function () {
          var words = input.value.toLowerCase().split(/\\s+/).filter(Boolean), shown = 0;
          rows.forEach(function (row, index) {
            var fits = words.every(function (word) { return texts[index].indexOf(word) >= 0; });
            row.hidden = !fits;
            if (fits) shown += 1;
          });
          count.textContent = shown + ' of ' + rows.length + ' rows';
        });
      });
      var cells = JSON.parse(document.getElementById('data').textContent).cells;
      var pick = document.getElementById('compare-pick'), body = document.getElementById('compare-body');
      if (!pick || cells.length < 2) return;
      var selects = ['compare-a', 'compare-b'].map(function (id, place) {
        var select = document.getElementById(id);
        cells.forEach(function (cell, index) {
          var option = document.createElement('option');
          option.value = String(index);
          option.textContent = cell.name;
          select.appendChild(option);
        });
        select.selectedIndex = place;
        select.addEventListener('change', show);
        return select;
      });
      function show() {
        var a = cells[selects[0].selectedIndex], b = cells[selects[1].selectedIndex], all = {}, count = 0;
        body.textContent = '';
        [a, b].forEach(function (cell) { Object.keys(cell.values).forEach(function (name) { all[name] = true; }); });
        Object.keys(all).forEach(function (name) {
          var values = [a, b].map(function (cell) {
            return Object.prototype.hasOwnProperty.call(cell.values, name) ? cell.values[name] : '\\u2013';
          });
          if (values[0] === values[1]) return;
          var row = body.insertRow(), head = document.createElement('th');
          head.scope = 'row';
          head.textContent = name;
          row.appendChild(head);
          values.forEach(function (value) { row.insertCell().textContent = value; });
          count += 1;
        });
        document.getElementById('compare-note').textContent = count ? '' : 'These two do not differ.';
      }
      pick.hidden = false;
      document.getElementById('compare-table').hidden = false;
      show();
    })();

    """
}
