// The runs of the server, live: all of them once, then what happens, without a gap. In place of a folder's records.js.

import { asked, get, post } from "./ask.js";
import { openForm } from "./form.js";

let last = ""; // the id of the event that came last
let stream = null;

async function reload() {
  const { last: now, runs } = await get("runs");
  last = now;
  const there = new Set(runs.map((run) => run.key));
  for (const key of [...entries.keys()]) if (!there.has(key)) remove(key);
  runs.forEach(update);
}

function listen() {
  if (stream) return;
  const source = (stream = new EventSource(`events?after=${last}`));
  const on = (kind, then) => source.addEventListener(kind, (event) => {
    last = event.lastEventId;
    then(JSON.parse(event.data));
  });
  on("run", update);
  on("gone", remove);
  on("reset", () => {
    source.close();
    stream = null;
    reload().then(listen);
  });
  source.onopen = () => say("");
  source.onerror = () => {
    say("The server does not answer. What is shown may be out of date.");
    if (source.readyState === EventSource.CLOSED) { // it will not try again by itself
      stream = null;
      setTimeout(() => document.hidden || listen(), 2000);
    }
  };
}

function say(text) {
  message.textContent = text;
}

// A browser keeps six connections to a server: a page that nobody looks at gives its own back.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return listen();
  stream?.close();
  stream = null;
});

// What can be done with a run that is looked at.
actions = ({ key, fields }) => {
  const again = button("Change and run again", () => openForm(fields.pipeline, fields));
  if (fields.state === "done" || fields.batch) return [again]; // limn batch stops and resumes what is its own
  const [address, text, doing] = fields.state === "running" ? ["stop", "Stop", "Stops after this step…"] : ["resume", "Resume", "Starts…"];
  const waits = asked.get(key) === fields.state; // what was asked for shows when the state changes
  const ask = button(waits ? doing : text, async () => {
    asked.set(key, fields.state);
    Object.assign(ask, { disabled: true, textContent: doing });
    const { errors } = await post(address, { run: key });
    if (!errors) return;
    asked.delete(key);
    say(Object.values(errors).join(" "));
  });
  ask.disabled = waits;
  return [ask, again];
};

function button(text, then) {
  const element = make("button", { type: "button" }, text);
  element.addEventListener("click", then);
  return element;
}

const message = document.getElementById("actions").appendChild(make("p", { id: "message", role: "status" }));
document.getElementById("actions").append(button("New run", () => openForm()));
reload().then(listen);
