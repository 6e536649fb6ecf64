// Copyright: Contributors to the qlikops.sense project
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Lets every table.data be sorted by its headers and filtered by words. Without it the page is complete, too.

'use strict';

(() => {
  // Now, before the tables are read: page.css hides the far end of the long ones, which would take long to lay out.
  document.documentElement.classList.add('scripted');

  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  // With fewer rows a filter is not worth its place.
  const WORTH_A_FILTER = 8;
  // With more rows a filter waits for the next letter before it looks.
  const SLOW = 1000;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function written(number) {
    return number.toLocaleString('en');
  }

  // Lower case, without accents: angstrom finds Ångström.
  function plain(text) {
    return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  }

  class SortedTable {
    constructor(table) {
      this.table = table;
      this.nouns = table.dataset.nouns;
      this.headers = Array.from(table.tHead.rows[0].cells);
      this.entries = Array.from(table.tBodies).flatMap((body) => Array.from(body.rows, (row) => ({ row, text: null })));
      // The rows of a long table are in two bodies, of which the second one is hidden.
      [this.body, this.rest] = table.tBodies;
      this.most = this.rest ? this.body.rows.length : Infinity;
      this.words = [];
      this.headers.forEach((header, column) => this.makeSortable(header, column));
      if (this.entries.length >= WORTH_A_FILTER) {
        this.makeFilter();
      }
      if (this.rest) {
        this.makeMore();
      }
    }

    makeSortable(header, column) {
      const button = make('button', { type: 'button' }, ...header.childNodes);
      button.addEventListener('click', () => {
        // Who looks for numbers looks for the largest first.
        const first = header.dataset.sort === 'number' ? -1 : 1;
        const last = { ascending: 1, descending: -1 }[header.getAttribute('aria-sort')];
        this.sort(column, last === first ? -first : first);
      });
      header.append(button);
    }

    makeFilter() {
      const id = `${this.table.id}-filter`;
      const input = make('input', { type: 'search', id, autocomplete: 'off', spellcheck: 'false' });
      this.status = make('span', { class: 'shown', role: 'status' });
      let pending = 0;
      input.addEventListener('input', () => {
        clearTimeout(pending);
        pending = setTimeout(() => this.filter(input.value), this.entries.length > SLOW ? 150 : 0);
      });
      input.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && input.value) {
          event.preventDefault();
          input.value = '';
          this.filter('');
        }
      });
      const label = make('label', { for: id }, `Filter ${this.nouns}`);
      this.table.parentElement.before(make('div', { class: 'filter' }, label, input, this.status));
    }

    makeMore() {
      this.more = make('button', { type: 'button', class: 'more' });
      this.more.addEventListener('click', () => {
        this.most = Infinity;
        this.arrange();
        this.table.parentElement.focus();
      });
      this.table.parentElement.after(this.more);
      this.sayMore(this.entries.length);
    }

    // Stable; rows with nothing in the column come last in both directions.
    sort(column, direction) {
      const isNumber = this.headers[column].dataset.sort === 'number';
      const keyOf = isNumber ? (cell) => cell.dataset.n && Number(cell.dataset.n) : (cell) => cell.textContent;
      const compare = isNumber ? (a, b) => a - b : collator.compare;
      const keyed = this.entries.map((entry) => ({ entry, key: keyOf(entry.row.cells[column]) }));
      keyed.sort((a, b) => {
        if (a.key === '' || b.key === '') {
          return (a.key === '') - (b.key === '');
        }
        return direction * compare(a.key, b.key);
      });
      this.entries = keyed.map(({ entry }) => entry);
      this.headers.forEach((header) => header.removeAttribute('aria-sort'));
      this.headers[column].setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
      this.arrange();
    }

    filter(wanted) {
      this.words = plain(wanted).split(/\s+/).filter(Boolean);
      const matching = this.arrange();
      const all = written(this.entries.length);
      this.status.textContent = `${this.words.length ? `${written(matching)} of` : 'All'} ${all} ${this.nouns}`;
    }

    matches(entry) {
      if (!this.words.length) {
        return true;
      }
      entry.text ??= plain(Array.from(entry.row.cells, (cell) => cell.textContent).join('\n'));
      return this.words.every((word) => entry.text.includes(word));
    }

    // Puts the rows into their order and place; says how many match.
    arrange() {
      const [near, far] = [document.createDocumentFragment(), document.createDocumentFragment()];
      let matching = 0;
      for (const entry of this.entries) {
        const matches = this.matches(entry);
        matching += matches;
        entry.row.hidden = !matches;
        (matching > this.most || (this.rest && !matches) ? far : near).append(entry.row);
      }
      this.body.append(near);
      this.rest?.append(far);
      this.sayMore(matching);
      return matching;
    }

    sayMore(matching) {
      if (this.more) {
        this.more.hidden = matching <= this.most;
        this.more.textContent = `Show all ${written(matching)} ${this.nouns}, not only the first ${written(this.most)}`;
      }
    }
  }

  document.addEventListener('DOMContentLoaded', () => {
    for (const table of document.querySelectorAll('table.data')) {
      new SortedTable(table);
    }
  });

  // On paper everything is unfolded.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = Array.from(document.querySelectorAll('details:not([open])'));
    for (const details of opened) {
      details.open = true;
    }
  });
  addEventListener('afterprint', () => {
    for (const details of opened) {
      details.open = false;
    }
  });
})();
