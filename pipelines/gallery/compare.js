// The view of chosen runs: large pictures beside each other, their histories, and what differs among them.
"use strict";

const view = document.getElementById("view");
const [figures, time, step, play, table, everything] = ["figures", "time", "step", "play", "table", "all"].map((id) => document.getElementById(id));

const RESULTS = ["eval_loss", "seconds", "error"];

let shown = []; // of each run: { entry, moments, end, figure, image, canvas, ... }
let ticks = []; // steps at which the picture of one of them changes; the last one is the end
let timer = 0;

/** Opens the view of these runs, or shows them in it. */
function look(entries) {
  stopPlaying();
  shown = entries.map(makeFigure);
  shown.forEach(describe);
  figures.replaceChildren(...shown.map((run) => run.figure));
  view.dataset.count = shown.length;
  view.style.setProperty("--columns", shown.length > 4 ? Math.ceil(shown.length / 2) : shown.length);
  view.querySelector("h2").textContent = shown.length === 1 ? entries[0].fields.name : `${shown.length} runs`;
  for (const id of ["before", "after"]) document.getElementById(id).hidden = shown.length > 1;
  rewind(true);
  showTable();
  if (shown.length === 1 && shown[0].entry.model) turn(shown[0]);
  if (!view.open) view.showModal();
  view.scrollTop = 0;
}

/** Brings a run in the view up to date. */
function refresh(entry) {
  const run = shown.find((each) => each.entry.key === entry.key);
  if (!run || !view.open) return;
  const atEnd = +time.value === ticks.length - 1;
  describe(Object.assign(run, { entry }, historyOf(entry)));
  rewind(atEnd);
  showTable();
}

/** The pictures of all stages, their steps counted from the first stage on. */
function historyOf({ history }) {
  const moments = [];
  let end = 0;
  for (const stage of history) {
    for (const number of stage.steps) {
      const file = `${stage.folder}/${String(number).padStart(7, "0")}.png`;
      moments.push({ step: end + number, label: `${stage.stage} step ${number}`.trim(), file, stage });
    }
    end += stage.total;
  }
  return { moments, end };
}

function makeFigure(entry) {
  const [image, canvas, words] = [make("img", { alt: "The result" }), make("canvas"), make("p")];
  const sheet = make("div", { className: "sheet" }, image, canvas, words);
  const [name, state, at, about] = [make("strong"), make("span", { className: "state" }), make("output"), make("span")];
  const links = make("nav");
  const figure = make("figure", {}, sheet, make("figcaption", {}, name, links, make("p", {}, at, state, about)));
  return { entry, ...historyOf(entry), figure, sheet, image, canvas, words, name, state, at, about, links, frame: null };
}

function describe(run) {
  const { entry } = run;
  run.name.textContent = entry.fields.name;
  run.about.textContent = told(entry);
  run.state.textContent = entry.fields.state === "done" ? "" : stateOf(entry);
  run.figure.dataset.state = entry.fields.state;
  const parts = [];
  if (entry.model) {
    run.turned = make("button", { type: "button", "aria-pressed": String(Boolean(run.frame)) }, "3D");
    run.turned.addEventListener("click", () => (run.frame ? flatten(run) : turn(run)));
    parts.push(run.turned);
  }
  if (entry.report) parts.push(make("a", { href: entry.report, target: "_blank" }, "Report"));
  if (shown.length > 1) {
    const drop = make("button", { type: "button", "aria-label": `Leave out ${entry.fields.name}` }, "×");
    drop.addEventListener("click", () => look(shown.filter((each) => each !== run).map((each) => each.entry)));
    parts.push(drop);
  }
  run.links.replaceChildren(...parts, ...actions(entry));
}

/** Shows the model of a run, to be turned, by the viewer of its report. */
function turn(run) {
  run.frame = make("iframe", { src: run.entry.model, title: `Model of ${run.entry.fields.name}` });
  run.sheet.append(run.frame);
  run.turned.setAttribute("aria-pressed", "true");
}

function flatten(run) {
  run.frame?.remove();
  run.frame = null;
  run.turned?.setAttribute("aria-pressed", "false");
}

function rewind(toEnd) {
  const steps = new Set(shown.flatMap(({ moments }) => moments.map((moment) => moment.step)));
  ticks = [...steps].sort((a, b) => a - b).concat(Infinity);
  time.max = ticks.length - 1;
  if (toEnd) time.value = ticks.length - 1;
  time.disabled = play.disabled = ticks.length < 2;
  showMoment();
}

function showMoment() {
  const now = ticks[time.value];
  const last = now === Infinity;
  step.textContent = last ? "the end" : `step ${now}`;
  time.setAttribute("aria-valuetext", step.textContent);
  for (const run of shown) {
    const past = run.moments.filter((moment) => moment.step <= now);
    const ended = run.entry.picture && (last || now >= run.end || !run.moments.length);
    if (ended) showPicture(run, run.entry.picture, "the end");
    else showSheet(run, past.at(-1) ?? run.moments[0]);
  }
}

function showPicture(run, source, label) {
  run.wanted = source;
  run.at.textContent = label;
  if (run.image.getAttribute("src") !== source) run.image.src = source;
  [run.image.hidden, run.canvas.hidden, run.words.textContent] = [false, true, ""];
}

/** Draws the best candidate of a sheet, its views in a grid as square as it can be without a gap. */
async function showSheet(run, moment) {
  run.wanted = moment?.file;
  run.at.textContent = moment?.label ?? "";
  if (!moment) {
    [run.image.hidden, run.canvas.hidden, run.words.textContent] = [true, true, "There is nothing to see yet."];
    return;
  }
  const sheet = new Image();
  sheet.src = moment.file;
  const sound = await sheet.decode().then(() => true, () => false);
  if (run.wanted !== moment.file) return;
  [run.image.hidden, run.canvas.hidden] = [true, !sound];
  run.words.textContent = sound ? "" : "This picture is damaged or gone.";
  if (!sound) return;
  const { best, candidates } = moment.stage;
  const views = sheet.width % moment.stage.views ? 1 : moment.stage.views;
  const [width, height] = [sheet.width / views, sheet.height / candidates];
  let columns = Math.ceil(Math.sqrt(views));
  while (views % columns) columns += 1;
  [run.canvas.width, run.canvas.height] = [columns * width, (views / columns) * height];
  const context = run.canvas.getContext("2d");
  for (let n = 0; n < views; n += 1) {
    const [x, y] = [(n % columns) * width, Math.floor(n / columns) * height];
    context.drawImage(sheet, n * width, best * height, width, height, x, y, width, height);
  }
}

/** The fields that differ among the runs, or all of them; of one run those that say most. */
function showTable() {
  const entries = shown.map((run) => run.entry);
  const telling = new Set(["prompt", "text", "target", "seed", "steps", ...settingsApart(entries[0].fields)]);
  const parts = { Results: [], Settings: [], Run: [] };
  for (const [field, { kind, values }] of survey(entries)) {
    const part = kind === "measure" || RESULTS.includes(field) ? "Results" : kind === "setting" ? "Settings" : "Run";
    const differs = entries.length > 1 ? values.size > 1 : part !== "Settings" || telling.has(field);
    const empty = values.size === 1 && values.has(null);
    if (field !== "name" && !empty && (differs || everything.checked)) parts[part].push(field);
  }
  const head = make("tr", {}, make("th"), ...entries.map((entry) => make("th", { scope: "col" }, entry.fields.name)));
  const bodies = Object.entries(parts).filter(([, fields]) => fields.length).map(([title, fields]) => {
    const rows = fields.map((field) => {
      const cells = entries.map((entry) => make("td", {}, textOf(field, entry.fields[field])));
      return make("tr", {}, make("th", { scope: "row" }, labelOf(field)), ...cells);
    });
    const heading = make("th", { colSpan: entries.length + 1, scope: "rowgroup" }, title);
    return make("tbody", {}, make("tr", { className: "title" }, heading), ...rows);
  });
  table.replaceChildren(...(entries.length > 1 ? [make("thead", {}, head)] : []), ...bodies);
}

function stopPlaying() {
  clearInterval(timer);
  timer = 0;
  play.textContent = "Play";
}

function move(to) {
  time.value = to;
  shown.forEach(flatten);
  showMoment();
}

play.addEventListener("click", () => {
  if (timer) return stopPlaying();
  const last = ticks.length - 1;
  if (+time.value === last) move(0);
  play.textContent = "Pause";
  timer = setInterval(() => (+time.value < last ? move(+time.value + 1) : stopPlaying()), Math.max(60, 4000 / last));
});
time.addEventListener("input", () => {
  stopPlaying();
  move(time.value);
});
everything.addEventListener("change", showTable);
document.getElementById("close").addEventListener("click", () => view.close());
view.addEventListener("close", () => {
  stopPlaying();
  shown = [];
  figures.replaceChildren();
});
