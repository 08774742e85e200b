// The search: all words must be there; names and headings first. And tables of the class `sift`: a
// field that narrows the rows, a menu for each column of
// `data-filters`, headings that sort. Without this script they are plain tables.
(() => {
  const Fuzzy = window.Fuse;   // answers where no entry has all words

  window.Fuse = class {
    constructor(index, options) {
      this.fuzzy = Fuzzy && new Fuzzy(index, options);
      this.entries = index.map(item => ({ item, title: item.title.toLowerCase(), section: item.section.toLowerCase(), text: item.text.toLowerCase() }));
    }
    search(query, { limit }) {
      const phrase = query.toLowerCase().trim(), words = phrase.split(/[\s_]+/).filter(Boolean);
      const score = e => {
        let sum = 0;
        for (const w of words) {
          const count = e.text.split(w).length - 1, named = e.section.includes(w), titled = e.title.includes(w);
          if (!count && !named && !titled) return 0;
          sum += Math.log1p(count) + 6 * named + 4 * titled;
        }
        if (e.section === phrase) sum += 20;
        return sum + 8 * e.section.includes(phrase) + 6 * e.title.includes(phrase) + 4 * e.text.includes(phrase);
      };
      const hits = this.entries.map(e => ({ item: e.item, score: score(e) })).filter(h => h.score);
      if (!hits.length) return this.fuzzy ? this.fuzzy.search(query, { limit }) : [];
      return hits.sort((a, b) => b.score - a.score).slice(0, limit);
    }
  };

  const number = t => { const m = t.match(/^[<~]?\s*([-+−]?[\d,]*\.?\d+(e[-+]?\d+)?)/); return m ? +m[1].replace(/,/g, "").replace("−", "-") : NaN; };
  const make = (tag, props = {}) => Object.assign(document.createElement(tag), props);

  function sift(table) {
    const rows = [...table.tBodies[0].rows], heads = [...table.tHead.rows[0].cells];
    const text = new Map(rows.map(r => [r, r.innerText.toLowerCase()]));
    const cell = (r, k) => r.cells[k].innerText.trim();
    const bar = make("div", { className: "sift-bar" }), count = make("span", { className: "sift-count" });
    count.setAttribute("aria-live", "polite");
    const field = make("input", { type: "search", placeholder: "narrow the list" });
    field.setAttribute("aria-label", "Narrow the list");
    const filters = table.dataset.filters || table.closest("div.sift")?.dataset.filters || "";
    const menus = filters.split(" ").filter(Boolean).map(k => {
      const menu = make("select"), values = [...new Set(rows.map(r => cell(r, k)))].sort();
      menu.setAttribute("aria-label", heads[k].innerText);
      menu.append(new Option(`${heads[k].innerText}: all`, ""), ...values.map(v => new Option(v, v)));
      menu.onchange = narrow;
      return [k, menu];
    });
    function narrow() {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const r of rows) {
        const on = words.every(w => text.get(r).includes(w)) && menus.every(([k, m]) => !m.value || cell(r, k) === m.value);
        r.hidden = !on;
        shown += on;
      }
      count.textContent = `${shown} of ${rows.length}`;
    }
    heads.forEach((head, k) => {
      const button = make("button", { type: "button", innerHTML: head.innerHTML, title: "Sort" });
      head.replaceChildren(button);
      button.onclick = () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach(h => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const numeric = rows.filter(r => cell(r, k)).every(r => !isNaN(number(cell(r, k))));
        const key = r => numeric ? number(cell(r, k)) : cell(r, k).toLowerCase();
        const order = (a, b) => a === b ? 0 : Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : (a < b) === up ? -1 : 1;
        rows.sort((a, b) => order(key(a), key(b)));
        table.tBodies[0].append(...rows);
      };
    });
    field.oninput = narrow;
    bar.append(field, ...menus.map(m => m[1]), count);
    table.classList.add("sift");
    (table.closest(".sift-box, .sd-table") || table).before(bar);
    narrow();
  }

  document.querySelectorAll("table.sift, div.sift table").forEach(table => {
    if (!table.closest(".sift-box, .sd-table")) {
      const box = make("div", { className: "sift-box", tabIndex: 0 });
      table.before(box);
      box.append(table);
    }
    sift(table);
  });
})();
