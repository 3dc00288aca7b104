// The filters beside the runs: for each field boxes to tick, or a range where there are many numbers.
"use strict";

const OPEN = ["state", "pipeline", "batch", "eval_loss"];
const NEVER = ["name", "run", "error"];
const SHOWN = 15;

const facets = new Map();

/** Brings the filters up to date with what fields there are, and leaves open what is open. */
function showFacets(known, filters, job, changed) {
  const offered = [...known].filter(([field, { values }]) => !NEVER.includes(field) && (values.size > 1 || filters.has(field)));
  const near = offered.filter(([field, { kind }]) => kind !== "setting" || job.has(field));
  const far = offered.filter(([field, { kind }]) => kind === "setting" && !job.has(field));
  const absent = ([, { values }]) => values.get(null) ?? 0;
  far.sort((a, b) => absent(a) - absent(b));
  const place = document.getElementById("facets");
  let more = document.getElementById("more");
  if (!more) {
    const search = make("input", { type: "search", placeholder: "Find a setting", "aria-label": "Find a setting" });
    const list = make("div");
    search.addEventListener("input", () => {
      for (const facet of list.children) facet.hidden = !facet.dataset.field.includes(search.value.trim());
    });
    more = make("details", { id: "more" }, make("summary", {}, "Settings"), search, list);
  }
  more.hidden = !far.length;
  more.querySelector("summary").textContent = `Settings that differ (${far.length})`;
  inOrder(place, [...near.map(([field, found]) => facetOf(field, found, filters, changed)), more]);
  inOrder(more.lastChild, far.map(([field, found]) => facetOf(field, found, filters, changed)));
}

/** Gives a place these children, and moves none that stands where it should. */
function inOrder(place, children) {
  const focus = document.activeElement;
  const same = place.children.length === children.length && children.every((child, n) => place.children[n] === child);
  if (same) return;
  place.replaceChildren(...children);
  if (place.contains(focus)) focus.focus({ preventScroll: true });
}

function facetOf(field, found, filters, changed) {
  let facet = facets.get(field);
  if (!facet) {
    const element = make("details", { className: "facet", open: OPEN.includes(field) }, make("summary", {}, labelOf(field)));
    element.dataset.field = field;
    facet = { element, fill: () => {}, shape: "" };
    facets.set(field, facet);
    element.addEventListener("toggle", () => element.open && facet.fill());
  }
  facet.element.classList.toggle("active", filters.has(field));
  facet.fill = () => fill(facet, field, found, filters, changed);
  if (facet.element.open) facet.fill();
  return facet.element;
}

function fill(facet, field, found, filters, changed) {
  const { ranged } = found;
  const shape = ranged ? "range" : [...found.values].join("\n");
  if (facet.shape !== shape) {
    facet.shape = shape;
    const body = ranged ? rangeOf(field, filters, changed) : boxesOf(field, found, filters, changed);
    facet.element.replaceChildren(facet.element.firstChild, ...body);
  }
  if (ranged) drawBars(facet.element, field, found, filters);
  for (const box of facet.element.querySelectorAll("input[type=checkbox]")) {
    box.checked = filters.get(field)?.values?.has(box.value) ?? false;
  }
}

function boxesOf(field, { values }, filters, changed) {
  const labels = [...values].sort(([a], [b]) => order(a, b)).map(([value, count], index) => {
    const box = make("input", { type: "checkbox", value: String(value) });
    box.addEventListener("change", () => {
      const chosen = filters.get(field)?.values ?? new Set();
      chosen[box.checked ? "add" : "delete"](box.value);
      if (chosen.size) filters.set(field, { values: chosen });
      else filters.delete(field);
      changed();
    });
    return make("label", { hidden: index >= SHOWN }, box, make("span", {}, textOf(field, value)), make("small", {}, count));
  });
  if (labels.length <= SHOWN) return labels;
  const rest = make("button", { type: "button" }, `${labels.length - SHOWN} more`);
  rest.addEventListener("click", () => {
    for (const label of labels) label.hidden = false;
    labels[SHOWN].firstChild.focus();
    rest.remove();
  });
  return [...labels, rest];
}

function rangeOf(field, filters, changed) {
  const ends = ["from", "to"].map((name) => {
    const kind = field === "updated" ? { type: "date" } : { type: "number", step: "any" };
    return make("input", { ...kind, "aria-label": `${labelOf(field)} ${name}` });
  });
  for (const end of ends) {
    end.addEventListener("input", () => {
      const range = ends.map((each, n) => numberOf(each, n));
      if (range.some((value) => value !== null)) filters.set(field, { range });
      else filters.delete(field);
      changed();
    });
  }
  return [make("div", { className: "bars", "aria-hidden": "true" }), make("div", { className: "range" }, ...ends)];
}

/** The number that is written there; of a day its first second, or its last one where a range ends. */
function numberOf(input, last) {
  if (input.value === "") return null;
  return input.type === "date" ? new Date(`${input.value}T00:00`) / 1000 + last * 86399 : Number(input.value);
}

function writeNumber(input, value) {
  if (input === document.activeElement) return;
  if (value === null) input.value = "";
  else input.value = input.type === "date" ? new Date(value * 1000).toLocaleDateString("sv") : value;
}

/** How many runs have which values; a click on a bar takes these alone. */
function drawBars(element, field, { values }, filters) {
  const numbers = [...values].filter(([value]) => value !== null);
  const all = numbers.map(([value]) => value);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const counts = Array(24).fill(0);
  for (const [value, count] of numbers) counts[Math.min(23, Math.floor((24 * (value - least)) / (most - least)))] += count;
  const [from, to] = filters.get(field)?.range ?? [null, null];
  const ends = element.querySelectorAll(".range input");
  ends.forEach((end, n) => {
    writeNumber(end, [from, to][n]);
    end.placeholder = textOf("", [least, most][n]);
  });
  const width = (most - least) / 24;
  element.querySelector(".bars").replaceChildren(...counts.map((count, n) => {
    const [low, high] = [least + n * width, least + (n + 1) * width];
    const bar = make("i", { title: `${textOf(field, low)} to ${textOf(field, high)}: ${count}` });
    bar.style.height = `${(100 * count) / Math.max(...counts)}%`;
    bar.classList.toggle("out", (from !== null && high < from) || (to !== null && low > to));
    bar.addEventListener("click", () => {
      [low, high].forEach((value, end) => writeNumber(ends[end], Number(value.toPrecision(6))));
      ends[0].dispatchEvent(new Event("input"));
    });
    return bar;
  }));
}

/** What is filtered by, above the runs; a click takes it back. */
function showChips(filters, changed) {
  const chips = [...filters].map(([field, { values, range }]) => {
    const wanted = values ? [...values].map((value) => (value === "null" ? NONE : textOf(field, value))).join(" or ") : spoken(field, range);
    const chip = make("button", { type: "button", title: "Take this filter back" }, `${labelOf(field)}: ${wanted}`, make("span", {}, "×"));
    chip.addEventListener("click", () => {
      filters.delete(field);
      changed();
    });
    return chip;
  });
  if (chips.length > 1) {
    const none = make("button", { type: "button", className: "plain" }, "Take all back");
    none.addEventListener("click", () => {
      filters.clear();
      changed();
    });
    chips.push(none);
  }
  document.getElementById("chips").replaceChildren(...chips);
}

function spoken(field, range) {
  const [from, to] = range.map((value) => value !== null && textOf(field, value));
  if (!to) return `from ${from}`;
  return from ? `${from} to ${to}` : `up to ${to}`;
}
