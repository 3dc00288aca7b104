// The form that starts a run, made of what the server says of a pipeline's settings.

import { asked, get, post } from "./ask.js";
import { controlOf } from "./controls.js";

const dialog = document.body.appendChild(make("dialog", { id: "new" }));
let form = null; // what the server says
let rows = new Map(); // key -> { element, field, read, write }

/** Opens the form of a pipeline; of a run where its settings are given. */
export async function openForm(pipeline = "sketch", settings = {}) {
  const pipelines = await get("forms");
  const names = Object.keys(pipelines);
  const choice = make("select", { ariaLabel: "Pipeline", id: "pipeline" });
  choice.append(...names.map((name) => make("option", { value: name }, `${name} – ${pipelines[name].replace(/\.$/, "")}`)));
  choice.value = names.includes(pipeline) ? pipeline : names[0];
  choice.addEventListener("change", () => show(choice.value));
  const close = make("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  const content = make("form", { noValidate: true },
    make("header", {}, make("h2", {}, "New run"), choice, close),
    make("div", { id: "fields", oninput: tell }),
    make("footer", {}, make("code", { id: "command" }), make("button", { className: "start" }, "Start")));
  content.addEventListener("submit", start);
  dialog.replaceChildren(content);
  dialog.showModal();
  await show(choice.value, settings);
}

async function show(pipeline, settings = {}) {
  const place = document.getElementById("fields");
  place.replaceChildren(make("p", { className: "note" }, "…"));
  dialog.querySelector(".start").disabled = true; // until it is clear what would be started
  const [asked, files] = await Promise.all([get(`forms/${encodeURIComponent(pipeline)}`), get("choices")]);
  form = asked;
  rows = new Map();
  for (const field of [...form.first, ...form.more, ...form.shared]) rows.set(field.key, row(field, files));
  place.replaceChildren(
    make("p", { className: "error", role: "alert" }),
    ...inSections(form.first),
    ...folded(`More of ${form.name}`, form.more),
    ...folded("Of every run", form.shared),
    make("p", { className: "note" }, form.elsewhere.length ? `A config alone can set ${form.elsewhere.join(", ")}.` : ""),
  );
  for (const [key, { field, write }] of rows) {
    const value = settings[key] ?? null;
    if (value === null) continue;
    const file = field.kind === "file" && Object.keys(files).find((name) => String(value).endsWith(`/${name}`));
    write(file || (field.kind.startsWith("number") ? plain(value) : String(value)));
  }
  tell();
  dialog.querySelector(".start").disabled = false;
}

/** [3.0], as a run has it, is 3 in a form. */
function plain(value) {
  return String(value).replace(/\.0\b/g, "").replace(/^\[([^,]*)\]$/, "$1");
}

function folded(title, fields) {
  if (!fields.length) return [];
  return [make("details", {}, make("summary", {}, title, make("small", {}, fields.length)), ...inSections(fields))];
}

/** Fields of a section stand together. */
function inSections(fields) {
  const sections = new Map();
  for (const { key } of fields) {
    const section = key.replace(/\.?[^.]+$/, "").replace(/\blosses\..*/, "losses");
    sections.set(section, [...(sections.get(section) ?? []), rows.get(key).element]);
  }
  return [...sections].map(([name, inside]) => make("fieldset", {}, ...(name ? [make("legend", {}, name)] : []), ...inside));
}

function row(field, files) {
  const control = controlOf(field, files, (text) => complain(field.key, text));
  const name = (field.key.match(/\blosses\.(.+)/)?.[1] ?? field.key.match(/[^.]+$/)[0]).replace(".", " ");
  const note = field.note.split("``").map((part, number) => (number % 2 ? make("code", {}, part) : part));
  const element = make("div", { className: `row ${field.kind}` },
    make("label", { htmlFor: `f-${field.key}` }, name, " ", make("small", {}, rangeOf(field.range))),
    control.element, make("p", { className: "error" }), make("p", { className: "note" }, ...note));
  element.dataset.key = field.key;
  return { ...control, element, field };
}

function rangeOf({ least, most, above, below }) {
  const [from, to] = [least ?? above, most ?? below].map((end) => (Math.abs(end) < 1e6 ? end : undefined));
  if (from === undefined) return "";
  return to === undefined ? `from ${from}` : `${from} to ${to}`;
}

/** What differs from the pipeline's own settings. */
function answers() {
  const typed = [...rows].map(([key, { field, read }]) => [key, read(), field.value]);
  return Object.fromEntries(typed.filter(([, text, before]) => text !== before));
}

/** Says what does the same on a command line. */
function tell() {
  const quoted = (text) => (/^[\w.,/:+-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const settings = Object.entries(answers()).map(([key, text]) => `${key}=${quoted(text || "null")}`);
  document.getElementById("command").textContent = ["limn", form.name, ...settings].join(" ");
}

function complain(key, text) {
  const element = rows.get(key)?.element ?? document.getElementById("fields");
  element.querySelector(".error").textContent = text;
  element.classList.toggle("wrong", Boolean(text));
  const around = element.closest("details");
  if (text && around) around.open = true;
}

async function start(event) {
  event.preventDefault();
  const button = dialog.querySelector(".start");
  button.disabled = true;
  const { errors = {}, run } = await post("runs", { pipeline: form.name, settings: answers() });
  button.disabled = false;
  for (const key of ["", ...rows.keys()]) complain(key, errors[key] ?? "");
  if (run) {
    asked.set(run, "queued");
    dialog.close();
  } else {
    dialog.querySelector(".row.wrong, #fields").scrollIntoView({ block: errors[""] ? "start" : "center" });
  }
}
