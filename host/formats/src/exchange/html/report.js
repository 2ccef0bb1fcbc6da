"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const box = at("filter");
  const groups = [...document.querySelectorAll("details.group")].map((element) => ({
    element,
    head: element.querySelector("summary").textContent.toLowerCase(),
    rows: [...element.querySelectorAll("tr[data-rank]")],
  }));
  const all = groups.reduce((sum, group) => sum + group.rows.length, 0);
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const filter = () => {
    const least = Number(at("least").value);
    const wanted = at("text").value.trim().toLowerCase();
    const marks = [["fixable", "f"], ["exploited", "e"], ["own", "o"]];
    const needed = marks.filter(([id]) => at(id).checked).map(([, mark]) => mark);
    const rated = at("rated").checked;
    let shown = 0;
    for (const { element, head, rows } of groups) {
      let some = false;
      for (const row of rows) {
        const rank = Number(row.dataset.rank);
        const is = (rank === 0 ? !rated : rank >= least)
          && needed.every((mark) => row.dataset.is.includes(mark))
          && (!wanted || head.includes(wanted) || text(row).includes(wanted));
        row.hidden = !is;
        if (is) { some = true; shown += 1; }
      }
      element.hidden = !some;
    }
    at("shown").textContent = `${shown} of ${all} rows shown`;
  };
  let waiting = 0;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  const turn = (open) => () => groups.forEach(({ element }) => { if (!element.hidden) element.open = open; });
  at("open").addEventListener("click", turn(true));
  at("close").addEventListener("click", turn(false));
  box.hidden = false;
  filter();
})();
