// Controls of the form, one for each kind of field: { element, read() -> text, write(text) }.

import { get, post } from "./ask.js";

const PICTURE = /\.(png|jpe?g|webp|gif|tiff?|bmp|svg)$/i;

/** The control of a field. Files are as a config names them -> their address; whoever sends one is told what is wrong. */
export function controlOf(field, files, complain) {
  const control = { number, switch: toggle, choice, choices, file, words: text, texts: text, numbers: text }[field.kind];
  return control(field, files, complain);
}

function text(field, _, __, proposed = field.choices) {
  const input = make("input", { id: `f-${field.key}`, value: field.value, spellcheck: false, placeholder: field.optional ? "none" : "" });
  const element = make("span", {}, input);
  if (proposed.length) {
    const list = make("datalist", { id: `c-${field.key}` }, ...proposed.map((name) => make("option", { value: name })));
    input.setAttribute("list", list.id);
    element.append(list);
  }
  const write = (value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return { element, input, read: () => input.value, write };
}

function number(field) {
  const control = text(field);
  const { least, most, above, below, whole } = field.range;
  Object.assign(control.input, { type: "number", step: whole ? 1 : "any", min: least ?? above ?? "", max: most ?? below ?? "" });
  return control;
}

function toggle(field) {
  const input = make("input", { id: `f-${field.key}`, type: "checkbox", checked: field.value === "true" });
  return { element: input, read: () => String(input.checked), write: (value) => (input.checked = value === "true") };
}

function choice(field) {
  const names = field.optional ? ["", ...field.choices] : field.choices;
  const select = make("select", { id: `f-${field.key}` }, ...names.map((name) => make("option", { value: name }, name || "none")));
  select.value = field.value;
  return { element: select, read: () => select.value, write: (value) => names.includes(value) && (select.value = value) };
}

function choices(field) {
  const boxes = field.choices.map((name) => make("input", { type: "checkbox", value: name }));
  const element = make("span", { className: "boxes", id: `f-${field.key}` }, ...boxes.map((box) => make("label", {}, box, box.value)));
  const write = (value) => {
    const chosen = JSON.parse(value || "[]");
    for (const box of boxes) box.checked = chosen.includes(box.value);
  };
  const read = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => JSON.stringify(box.value));
    return chosen.length || !field.optional ? `[${chosen.join(", ")}]` : "";
  };
  write(field.value);
  return { element, read, write };
}

/** A file by name; a picture can be chosen by its look, and sent. */
function file(field, files, complain) {
  const suffix = field.value.includes(".") ? field.value.slice(field.value.lastIndexOf(".")) : ".png";
  const names = Object.keys(files).filter((name) => (PICTURE.test(suffix) ? PICTURE.test(name) : name.endsWith(suffix)));
  const control = text(field, files, complain, [...field.choices, ...names]);
  if (field.choices.length || !PICTURE.test(suffix)) return control;
  const strip = make("div", { className: "strip" });
  const mark = () => {
    for (const picture of strip.children) picture.ariaPressed = String(picture.title === control.read());
  };
  const offer = (name, address) => {
    const picture = make("button", { type: "button", title: name }, make("img", { src: address, alt: name, loading: "lazy" }));
    picture.addEventListener("click", () => control.write(name));
    return picture;
  };
  const folder = (name) => name.slice(0, name.lastIndexOf("/") + 1);
  const near = (name) => 4 * (name === field.value) + 2 * (folder(name) === "uploads/") + (folder(name) === folder(field.value));
  names.sort((a, b) => near(b) - near(a));
  strip.append(...names.map((name) => offer(name, files[name])));
  control.input.addEventListener("input", mark);
  mark();

  async function send(picture) {
    const { file: name, errors } = await post(`uploads?name=${encodeURIComponent(picture.name)}`, picture);
    complain(errors ? Object.values(errors).join(" ") : "");
    if (errors) return;
    strip.prepend(offer(name, (await get("choices"))[name]));
    control.write(name);
  }
  const chooser = make("input", { type: "file", accept: "image/*", hidden: true });
  chooser.addEventListener("change", () => chooser.files.length && send(chooser.files[0]));
  const button = make("button", { type: "button" }, "Send a picture…");
  button.addEventListener("click", () => chooser.click());
  control.element.append(button, chooser);
  const element = make("div", { className: "pictures" }, control.element, strip);
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
  });
  return { ...control, element };
}
