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

const elsewhere = (kind, { link }) => [el("a", { class: "elsewhere", href: link, target: "_blank", rel: "noreferrer" }, `${kind} by link ↗`), "\n"];

function picture(content) {
  if (content.link) return [...elsewhere("Picture", content), ...caption(content)];
  return [el("img", { class: "photo", src: media(content), alt: content.caption ?? "Photo", loading: "lazy" }), ...caption(content)];
}

function film(content) {
  if (content.link) return [...elsewhere("Video", content), ...caption(content)];
  return [el("video", { src: media(content), controls: true }), ...caption(content)];
}

function sound(content) {
  const said = content.voice ? quiet("Voice message") : [];
  return content.link ? [...said, ...elsewhere("Audio", content)] : [...said, el("audio", { src: media(content), controls: true })];
}

function documentCard(content) {
  const name = content.filename ?? "Document";
  const ending = name.includes(".") ? name.split(".").at(-1).slice(0, 4).toUpperCase() : "FILE";
  const label = el("span", {}, el("b", {}, name), el("small", {}, content.mime_type ?? content.link ?? ""));
  const attributes = { class: "document", href: content.link ?? media(content), target: "_blank", rel: "noreferrer" };
  return [el("a", attributes, el("span", { "aria-hidden": "true" }, ending), label), ...caption(content)];
}

function heading(header) {
  return header.type === "text" ? [el("span", { class: "title" }, header.text)] : CONTENT[header.type](header[header.type]);
}

function interactive(content) {
  const answer = content.button_reply ?? content.list_reply;
  if (answer) return [answer.title];
  if (content.nfm_reply) return quiet("Form sent");
  const parts = [];
  if (content.header) parts.push(...heading(content.header));
  if (content.body) parts.push(...words(content.body.text));
  if (content.footer) parts.push(el("span", { class: "footer" }, content.footer.text));
  return parts.length ? parts : quiet(content.type);
}

function place(content) {
  return [el("span", { class: "title" }, content.name ?? "Location"), content.address ?? `${content.latitude}, ${content.longitude}`];
}

function card({ name, phones = [], org }) {
  const details = [org?.company, ...phones.map((one) => one.phone)].filter(Boolean).join(" · ");
  return el("span", { class: "contact-card" }, el("b", {}, name?.formatted_name ?? "Contact"), details ? el("small", {}, details) : null);
}

const value = (parameter) => parameter.text ?? parameter.currency?.fallback_value ?? parameter.date_time?.fallback_value;

function template({ name, components = [] }) {
  const filled = (type) => components.filter((part) => part.type === type).flatMap((part) => part.parameters ?? []);
  const files = filled("header").filter((one) => CONTENT[one.type] && one[one.type]?.constructor === Object);
  const listed = [...filled("header"), ...filled("body")].map(value).filter(Boolean);
  const shown = files.flatMap((one) => CONTENT[one.type](one[one.type]));
  return [...shown, el("span", { class: "title" }, `Template ${name}`), listed.join(" · ")];
}

const CONTENT = {
  text: (content) => words(content.body),
  image: picture,
  sticker: picture,
  video: film,
  audio: sound,
  document: documentCard,
  interactive,
  location: place,
  contacts: (cards) => cards.map(card),
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
  return content.body?.text ?? content.body ?? content.caption ?? content.filename ?? content.button_reply?.title ?? content.list_reply?.title ?? content.name ?? message.type;
}
