"use strict";
// Columns are sorted by a press on their heading: the largest number or the
// first word on top, the other way round, and as they were.
const isNumber = (text) => /^[+-]?\.?\d/.test(text);
const isEmpty = (text) => text === "" || text === "-";
const asNumber = (text) => parseFloat(text.replace(/,/g, ""));

function sorted(rows, column, isDescending) {
  const keyed = rows.map((row) => [row.cells[column].textContent.trim(), row]);
  const known = keyed.filter(([text]) => !isEmpty(text));
  const empty = keyed.filter(([text]) => isEmpty(text));
  const compare = known.every(([text]) => isNumber(text))
    ? ([a], [b]) => asNumber(a) - asNumber(b)
    : ([a], [b]) => a.localeCompare(b);
  known.sort(isDescending ? (a, b) => compare(b, a) : compare);
  return [...known, ...empty].map(([, row]) => row);
}

function makeSortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const first = [...body.rows];
  heads.forEach((head, column) => {
    const name = head.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const orders = head.classList.contains("text")
      ? ["ascending", "descending", "none"]
      : ["descending", "ascending", "none"];
    button.addEventListener("click", () => {
      const now = orders.indexOf(head.getAttribute("aria-sort") ?? "none");
      const next = orders[(now + 1) % orders.length];
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      if (next !== "none") head.setAttribute("aria-sort", next);
      body.append(...(next === "none"
        ? first
        : sorted(first, column, next === "descending")));
      document.getElementById("said").textContent = next === "none"
        ? "In the first order." : `Sorted by ${name}, ${next}.`;
    });
  });
}

document.querySelectorAll("table[data-sort]").forEach(makeSortable);

// What a mark of a figure says is shown beside the pointer or the finger.
const tip = document.getElementById("tip");

function hide() {
  tip.hidden = true;
  document.querySelectorAll("svg.dim").forEach((svg) => {
    svg.classList.remove("dim");
    svg.querySelectorAll(".lit").forEach((m) => m.classList.remove("lit"));
  });
}

function show(mark, x, y) {
  hide();
  tip.textContent = mark.dataset.tip;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - box.width - 4))}px`;
  tip.style.top = `${y + 16 + box.height > innerHeight ? y - box.height - 8 : y + 16}px`;
  if (mark.dataset.lights) {
    mark.closest("svg").classList.add("dim");
    mark.dataset.lights.split("|").forEach((id) => {
      document.getElementById(id)?.classList.add("lit");
    });
  }
}

document.querySelectorAll("figure .mark").forEach((mark) => {
  const title = mark.querySelector("title");
  mark.dataset.tip = title.textContent;
  title.remove(); // the browser would show it a second time
});
for (const kind of ["pointerover", "click"]) {
  document.addEventListener(kind, (event) => {
    const mark = event.target.closest?.("figure .mark");
    if (mark) show(mark, event.clientX, event.clientY);
    else hide();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
});
