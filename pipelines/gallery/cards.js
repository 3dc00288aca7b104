// Cards: a thumbnail, a name and what sets a run apart, in groups.
"use strict";

const cards = new Map();

/** Puts the cards of these runs into their groups: [{ label, entries }], with a heading where there is a label. */
function showCards(groups, told, on) {
  const place = document.getElementById("runs");
  const sections = new Map([...place.children].map((section) => [section.dataset.label, section]));
  inOrder(place, groups.map(({ label, entries }) => {
    const section = sections.get(label) ?? makeSection(label);
    if (label) section.firstChild.replaceChildren(label, make("small", {}, entries.length));
    inOrder(section.lastChild, entries.map((entry) => cardOf(entry, told, on)));
    return section;
  }));
}

function makeSection(label) {
  const grid = make("div", { className: "grid" });
  const section = label ? make("details", { open: true }, make("summary"), grid) : make("section", {}, grid);
  section.dataset.label = label;
  return section;
}

function cardOf(entry, told, on) {
  let card = cards.get(entry.key);
  if (!card) {
    card = makeCard(entry, on);
    cards.set(entry.key, card);
  }
  const { fields } = entry;
  card.element.dataset.state = fields.state;
  card.box.setAttribute("aria-label", `Choose ${fields.name}`);
  card.name.textContent = card.name.title = fields.name;
  card.open.setAttribute("aria-label", `Look at ${fields.name}`);
  card.facts.textContent = told(entry);
  card.state.textContent = stateOf(entry);
  card.state.title = fields.error ?? "";
  card.state.hidden = fields.state === "done";
  card.progress.hidden = !entry.progress;
  if (entry.progress) [card.progress.value, card.progress.max] = [entry.progress[1], entry.progress[2] || 1];
  card.image.hidden = !entry.thumbnail;
  if (entry.thumbnail && card.image.getAttribute("src") !== entry.thumbnail) card.image.src = entry.thumbnail;
  return card.element;
}

function stateOf({ fields, progress }) {
  if (fields.state === "failed") return `failed: ${fields.error ?? ""}`;
  if (!progress || !progress[2]) return fields.state;
  return `${progress[0]} step ${progress[1]} of ${progress[2]}`.trim();
}

function makeCard(entry, on) {
  const { key } = entry;
  const image = make("img", { loading: "lazy", decoding: "async", alt: "" });
  const open = make("button", { type: "button", className: "frame" }, image);
  const box = make("input", { type: "checkbox" });
  const [name, facts] = [make("h3"), make("p", { className: "facts" })];
  const [state, progress] = [make("p", { className: "state" }), make("progress")];
  const element = make("article", {}, open, make("label", { className: "choose" }, box), progress, name, facts, state);
  open.addEventListener("click", () => on.look(key));
  box.addEventListener("change", () => on.choose(key, box.checked));
  open.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && playFilm(open, on.film(key)));
  open.addEventListener("pointerleave", () => open.querySelector("video")?.remove());
  return { element, open, box, image, name, facts, state, progress };
}

/** The film of a run in place of its thumbnail, while the pointer is there. */
function playFilm(frame, film) {
  if (!film || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const video = make("video", { src: film, muted: true, loop: true, autoplay: true, playsInline: true });
  video.addEventListener("error", () => video.remove());
  frame.append(video);
}

/** Focus moves with the arrows from card to card, as they stand on the page. */
function stepTo(direction) {
  const frames = [...document.querySelectorAll("#runs .frame")].filter((frame) => frame.offsetParent);
  const here = frames.indexOf(document.activeElement);
  if (here < 0) return;
  const [now, along] = [frames[here].getBoundingClientRect(), { ArrowLeft: -1, ArrowRight: 1 }[direction]];
  if (along) return frames[here + along]?.focus();
  const sign = direction === "ArrowDown" ? 1 : -1;
  const away = (frame) => {
    const box = frame.getBoundingClientRect();
    const down = sign * (box.top - now.top);
    return down > 1 ? down * 1000 + Math.abs(box.left - now.left) : Infinity;
  };
  const nearest = frames.reduce((best, frame) => (away(frame) < away(best) ? frame : best), frames[here]);
  nearest.focus();
}
