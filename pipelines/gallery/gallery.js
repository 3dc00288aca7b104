// The gallery: what is known of runs, what of it is looked for, and what the page shows of that.
"use strict";

const entries = new Map(); // key -> entry
const state = { query: "", sort: "updated", descending: true, group: "", filters: new Map(), chosen: new Set() };
const [query, sort, direction, group, size] = ["query", "sort", "direction", "group", "size"].map((id) => document.getElementById(id));

let known = null; // what `survey` says of all runs
let apart = new Map(); // pipeline -> settings that set its runs apart from each other
let present = []; // the runs that match, in their order
let waiting = 0;

/** A run is new, or has changed. */
function update(entry) {
  entries.set(entry.key, entry);
  known = null;
  refresh(entry);
  later();
}

/** A run is gone. */
function remove(key) {
  entries.delete(key);
  cards.delete(key);
  state.chosen.delete(key);
  known = null;
  later();
}

/** Elements below a run that is looked at; to be replaced by whoever can do something with runs. */
var actions = (entry) => [];

/** Shows everything once, however much changes before the next frame. */
function later() {
  waiting ||= requestAnimationFrame(show);
}

function show() {
  waiting = 0;
  const all = [...entries.values()];
  if (!known) {
    known = survey(all);
    apart = new Map([...known.get("pipeline").values.keys()].map((pipeline) => [pipeline, differing(all, pipeline)]));
    offerFields();
  }
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  present = all.filter((entry) => matches(entry, state.filters, words));
  present.sort((a, b) => order(a.fields[state.sort], b.fields[state.sort], state.descending) || order(a.key, b.key));
  showCards(grouped(), told, on);
  const job = new Set(all.flatMap((entry) => entry.job));
  showFacets(known, state.filters, job, changed);
  showChips(state.filters, changed);
  const some = present.length < all.length ? `${present.length} of ${all.length}` : all.length;
  document.getElementById("count").textContent = `${some} ${all.length === 1 ? "run" : "runs"}`;
  document.getElementById("nothing").hidden = present.length > 0;
  showChosen();
}

function grouped() {
  if (!state.group || !known.has(state.group)) return [{ label: "", entries: present }];
  const groupOf = grouping(state.group, known.get(state.group));
  const groups = new Map();
  for (const entry of present) {
    const { rank, label } = groupOf(entry.fields[state.group]);
    if (!groups.has(label)) groups.set(label, { rank, label, entries: [] });
    groups.get(label).entries.push(entry);
  }
  return [...groups.values()].sort((a, b) => order(a.rank, b.rank));
}

/** The settings that set runs of a pipeline apart, beside what they are named by. */
function differing(all, pipeline) {
  const alike = all.filter((entry) => entry.fields.pipeline === pipeline);
  const jobs = new Set(alike.flatMap((entry) => entry.job));
  const differ = [...survey(alike)].filter(([field, { kind, values }]) => kind === "setting" && values.size > 1 && (!jobs.size || jobs.has(field)));
  return differ.map(([field]) => field).filter((field) => !["prompt", "text", "target"].includes(field));
}

function settingsApart({ pipeline }) {
  return apart.get(pipeline) ?? []; // a pipeline that has just appeared has one run
}

/** What to say of a run in a few words: its pipeline, what it is sorted by, and what sets it apart. */
function told({ fields }) {
  const sorted = ["name", "updated", "pipeline"].includes(state.sort) ? [] : [state.sort];
  const shown = new Set([...sorted, ...settingsApart(fields).slice(0, 3)]);
  const there = [...shown].filter((field) => (fields[field] ?? null) !== null);
  return [fields.pipeline, ...there.map((field) => `${labelOf(field)} ${textOf(field, fields[field])}`)].join(" · ");
}

function offerFields() {
  for (const [select, none] of [[sort, null], [group, "none"]]) {
    const parts = { fact: "Run", measure: "Measures", setting: "Settings" };
    const groups = Object.entries(parts).map(([kind, label]) => {
      const fields = [...known].filter(([field, found]) => found.kind === kind && (found.values.size > 1 || field === state[select.id]));
      return make("optgroup", { label }, ...fields.map(([field]) => make("option", { value: field }, labelOf(field))));
    });
    const first = none ? [make("option", { value: "" }, none)] : [];
    select.replaceChildren(...first, ...groups.filter((part) => part.children.length));
    select.value = state[select.id];
  }
}

function showChosen() {
  for (const [key, card] of cards) card.box.checked = state.chosen.has(key);
  const count = state.chosen.size;
  document.getElementById("chosen").hidden = !count;
  document.querySelector("#chosen output").textContent = `${count} chosen`;
  document.getElementById("compare").disabled = count < 2;
}

const on = {
  look: (key) => look([entries.get(key)]),
  film: (key) => entries.get(key)?.film,
  choose(key, chosen) {
    state.chosen[chosen ? "add" : "delete"](key);
    showChosen();
  },
};

/** Something else is looked for: shows it, and keeps it in the address. */
function changed() {
  const kept = new URLSearchParams();
  if (state.query) kept.set("q", state.query);
  kept.set("sort", `${state.descending ? "-" : ""}${state.sort}`);
  if (state.group) kept.set("group", state.group);
  for (const [field, { values, range }] of state.filters) {
    for (const value of values ?? []) kept.append(`is.${field}`, value);
    if (range) kept.set(`in.${field}`, range.map((end) => end ?? "").join(".."));
  }
  history.replaceState(null, "", `#${kept}`);
  later();
}

function readAddress() {
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = name.slice(3);
    if (name === "q") query.value = state.query = value;
    if (name === "sort") [state.sort, state.descending] = [value.replace(/^-/, ""), value.startsWith("-")];
    if (name === "group") state.group = value;
    if (name.startsWith("is.")) {
      if (!state.filters.has(field)) state.filters.set(field, { values: new Set() });
      state.filters.get(field).values.add(value);
    }
    if (name.startsWith("in.")) state.filters.set(field, { range: value.split("..").map((end) => (end === "" ? null : Number(end))) });
  }
}

function showDirection() {
  direction.setAttribute("aria-label", state.descending ? "Descending" : "Ascending");
  direction.classList.toggle("up", !state.descending);
}

query.addEventListener("input", () => {
  state.query = query.value;
  changed();
});
sort.addEventListener("change", () => {
  state.sort = sort.value;
  state.descending = sort.value === "updated";
  showDirection();
  changed();
});
direction.addEventListener("click", () => {
  state.descending = !state.descending;
  showDirection();
  changed();
});
group.addEventListener("change", () => {
  state.group = group.value;
  changed();
});
size.addEventListener("input", () => document.documentElement.style.setProperty("--size", `${size.value}px`));
document.getElementById("tools").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("compare").addEventListener("click", compareChosen);
document.getElementById("forget").addEventListener("click", () => {
  state.chosen.clear();
  showChosen();
});
for (const [id, along] of [["before", -1], ["after", 1]]) {
  document.getElementById(id).addEventListener("click", () => lookBeside(along));
}

function compareChosen() {
  if (state.chosen.size > 1) look([...state.chosen].map((key) => entries.get(key)));
}

function lookBeside(along) {
  const here = present.findIndex((entry) => entry.key === shown[0]?.entry.key);
  const next = present[here + along];
  if (shown.length === 1 && here >= 0 && next) look([next]);
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input:not([type=checkbox]), select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const arrow = event.key.startsWith("Arrow");
  if (view.open && ["ArrowLeft", "ArrowRight"].includes(event.key)) lookBeside(event.key === "ArrowLeft" ? -1 : 1);
  else if (view.open) return;
  else if (event.key === "/") query.focus();
  else if (event.key === "c") compareChosen();
  else if (arrow && event.target.matches(".frame")) stepTo(event.key);
  else return;
  event.preventDefault();
});

if (matchMedia("(max-width: 860px)").matches) document.getElementById("filters").open = false;
readAddress();
showDirection();
later();
