// Fields of runs: which values they have, and how these are read, ordered and put into groups.
"use strict";

const FACTS = ["name", "state", "pipeline", "recipe", "batch", "eval_loss", "seconds", "updated", "run", "error"];
const LABELS = { eval_loss: "eval loss", updated: "date" };
const NONE = "—";
const MANY = 12;

/** An element with properties, attributes where it has no such property, and children. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Field -> { kind, ranged, values: Map of each value to the number of runs that have it }; facts come first.
 *  Ranged are numbers that were measured, and settings with many numbers. */
function survey(entries) {
  const known = new Map(FACTS.map((field) => [field, { kind: "fact", values: new Map() }]));
  for (const kind of ["measure", "setting"]) {
    for (const entry of entries) {
      for (const field of entry[`${kind}s`]) {
        if (!known.has(field)) known.set(field, { kind, values: new Map() });
      }
    }
  }
  for (const [field, { values }] of known) {
    for (const entry of entries) {
      const value = entry.fields[field] ?? null;
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  for (const found of known.values()) {
    const present = [...found.values.keys()].filter((value) => value !== null);
    const few = found.kind === "setting" ? MANY : 1;
    found.ranged = present.length > few && present.every((value) => typeof value === "number");
  }
  if (entries.every(({ fields }) => fields.recipe === fields.pipeline)) known.delete("recipe");
  return known;
}

function labelOf(field) {
  return LABELS[field] ?? field;
}

function textOf(field, value) {
  if (value === null || value === undefined || value === "") return NONE;
  if (field === "updated") return new Date(value * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  if (field === "seconds") return duration(value);
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  return String(value).replace(/^\[([^[\]{}"]+)\]$/, "$1");
}

function duration(seconds) {
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Compares values: numbers by size, text as people order it; what is not there comes last in both directions. */
function order(a, b, descending = false) {
  const [none, other] = [a ?? null, b ?? null].map((value) => value === null);
  if (none || other) return none - other;
  const both = typeof a === "number" && typeof b === "number";
  const sign = both ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  return descending ? -sign : sign;
}

/** A function from a value to { rank, label } of its group: its own, its day, or a range of numbers. */
function grouping(field, { ranged, values }) {
  if (field === "updated") {
    return (value) => {
      if (!value) return { rank: null, label: NONE };
      const day = new Date(value * 1000);
      return { rank: -day.setHours(0, 0, 0, 0), label: day.toLocaleDateString([], { dateStyle: "full" }) };
    };
  }
  const edges = ranged ? roundEdges(values) : null;
  return (value) => {
    if (!edges || (value ?? null) === null) return { rank: value ?? null, label: textOf(field, value) };
    const index = Math.min(Math.floor((value - edges.low) / edges.step + 1e-9), edges.count - 1);
    const [from, to] = [index, index + 1].map((n) => edges.low + n * edges.step);
    return { rank: from, label: `${textOf(field, from)} to ${textOf(field, to)}` };
  };
}

/** About five ranges between round numbers. */
function roundEdges(values) {
  const numbers = [...values.keys()].filter((value) => value !== null);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const rough = (most - least) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const low = Math.floor(least / step) * step;
  return { low, step, count: Math.max(1, Math.ceil((most - low) / step - 1e-9)) };
}

/** True if a run has one of the values that each field may have, lies in its range, and has all words of the search. */
function matches(entry, filters, words) {
  for (const [field, filter] of filters) {
    const value = entry.fields[field] ?? null;
    if (filter.values && !filter.values.has(String(value))) return false;
    if (filter.range) {
      const [from, to] = filter.range;
      if (value === null || (from !== null && value < from) || (to !== null && value > to)) return false;
    }
  }
  if (!words.length) return true;
  entry.text ??= Object.values(entry.fields).filter((value) => typeof value === "string").join("\n").toLowerCase();
  return words.every((word) => entry.text.includes(word));
}
