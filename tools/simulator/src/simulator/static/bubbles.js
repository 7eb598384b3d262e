// How each kind of message looks in its bubble.

import { clock, el } from "./dom.js";

const STYLES = { "*": "strong", _: "em", "~": "s" };

export function words(text) {
  const parts = String(text).split(/([*_~])(?=\S)(.+?)\1(?!\w)/g);
  const nodes = [];
  for (let at = 0; at < parts.length; at += 3) {
    nodes.push(parts[at]);
    if (at + 2 < parts.length) nodes.push(el(STYLES[parts[at + 1]], {}, parts[at + 2]));
  }
  return nodes;
}

const media = (content) => `/simulator/media/${encodeURIComponent(content.id ?? "")}`;
const caption = (content) => (content.caption ? words(content.caption) : []);
const quiet = (text) => [el("span", { class: "quiet" }, text)];

function picture(content) {
  if (content.link) return [...quiet("Picture by link"), "\n", ...caption(content)];
  return [el("img", { class: "photo", src: media(content), alt: content.caption ?? "Photo", loading: "lazy" }), ...caption(content)];
}

function documentCard(content) {
  const name = content.filename ?? "Document";
  const ending = name.includes(".") ? name.split(".").at(-1).slice(0, 4).toUpperCase() : "FILE";
  const label = el("span", {}, el("b", {}, name), el("small", {}, content.mime_type ?? content.link ?? ""));
  const attributes = { class: "document", href: content.link ?? media(content), target: "_blank", rel: "noreferrer" };
  return [el("a", attributes, el("span", { "aria-hidden": "true" }, ending), label), ...caption(content)];
}

function interactive(content) {
  const answer = content.button_reply ?? content.list_reply;
  if (answer) return [answer.title];
  const parts = [];
  if (content.header) parts.push(el("span", { class: "title" }, content.header.text ?? content.header.type));
  if (content.body) parts.push(...words(content.body.text));
  if (content.footer) parts.push(el("span", { class: "footer" }, content.footer.text));
  return parts.length ? parts : quiet(content.type);
}

function place(content) {
  return [el("span", { class: "title" }, content.name ?? "Location"), content.address ?? `${content.latitude}, ${content.longitude}`];
}

function template(content) {
  const values = (content.components ?? []).flatMap((part) => (part.parameters ?? []).map((value) => value.text ?? value.payload ?? value.type));
  return [el("span", { class: "title" }, `Template ${content.name}`), values.join(" · ")];
}

const CONTENT = {
  text: (content) => words(content.body),
  image: picture,
  sticker: picture,
  video: (content) => [el("video", { src: media(content), controls: true }), ...caption(content)],
  audio: (content) => [el("audio", { src: media(content), controls: true })],
  document: documentCard,
  interactive,
  location: place,
  contacts: (cards) => [el("span", { class: "title" }, "Contact"), cards.map((card) => card.name?.formatted_name).join(", ")],
  button: (content) => [content.text],
  template,
};

export function tick(state) {
  const said = { sent: "Sent", delivered: "Delivered", read: "Read" };
  const node = el("span", { class: "tick", role: "img", "data-testid": "tick", "data-tick": state, "aria-label": said[state] });
  node.innerHTML = '<svg viewBox="0 0 19 12"><path d="M1.500 6.500 5 10 11.500 2"/><path class="second" d="m8.500 8.800 1.200 1.200L16.500 2"/></svg>';
  return node;
}

export function setTick(line, state) {
  const old = line.querySelector(".tick");
  if (old) old.replaceWith(tick(state));
}

export function bubble(entry, quoted) {
  const { message } = entry;
  const show = CONTENT[message.type];
  const content = message[message.type];
  const inside = show && content ? show(content) : quiet(message.type === "unsupported" ? "This message could not be handed over" : message.type);
  const meta = el("span", { class: "meta" }, el("time", { datetime: entry.at }, clock(entry.at)), entry.direction === "in" ? tick(entry.tick) : null);
  const quote = quoted ? el("span", { class: "quote" }, quoted) : null;
  return el("div", { class: `bubble ${message.type}` }, quote, ...inside, meta);
}

export function plain(message) {
  const content = message[message.type] ?? {};
  return content.body?.text ?? content.body ?? content.caption ?? content.filename ?? content.button_reply?.title ?? content.list_reply?.title ?? message.type;
}
