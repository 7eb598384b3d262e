// What happened, beside the phone: events, stored files, calls to the CRM.

import { byId, el, exactClock, json, keepingEnd, size } from "./dom.js";

const events = byId("events");
const files = byId("files");
const crm = byId("crm");
const BAD = /rejected|failed|expired|cancelled|erased/;

export class Panel {
  show(cards, calls) {
    this.ids = new Set();
    this.calls = [];
    this.cards = 0;
    for (const list of [events, files, crm]) list.replaceChildren();
    for (const card of cards) this.addEvent(card);
    for (const call of calls) this.addCall(call);
    this.count();
    events.scrollTop = events.scrollHeight;
  }

  addEvent(card) {
    const knew = this.ids.size;
    for (const id of [card.data.contact_id, card.data.session_id]) if (id) this.ids.add(id);
    this.cards += 1;
    keepingEnd(events, () => insertInOrder(eventItem(card)));
    if (card.type.startsWith("file.stored.")) files.append(fileItem(card.data));
    if (this.ids.size > knew) this.showCalls();
    this.count();
  }

  addCall(call) {
    this.calls.push(call);
    if (this.concerns(call)) keepingEnd(crm, () => crm.append(callItem(call)));
    this.count();
  }

  showCalls() {
    crm.replaceChildren(...this.calls.filter((call) => this.concerns(call)).map(callItem));
  }

  concerns(call) {
    const written = JSON.stringify(call.body);
    return !written.includes('"contact_id"') || [...this.ids].some((id) => written.includes(id));
  }

  count() {
    byId("events-count").textContent = this.cards;
    byId("files-count").textContent = files.children.length;
    byId("crm-count").textContent = crm.children.length;
  }
}

export function live(on) {
  const pill = byId("live");
  pill.dataset.state = on ? "on" : "off";
  pill.textContent = on ? "live" : "not connected";
}

function insertInOrder(item) {
  const later = [...events.children].find((other) => Number(other.dataset.arrival) > Number(item.dataset.arrival));
  events.insertBefore(item, later ?? null);
}

function eventItem(card) {
  const said = summary(card.data);
  const head = el("summary", {},
    el("div", { class: "event-line" }, el("b", {}, card.label), el("time", { datetime: card.time }, exactClock(card.time))),
    said ? el("div", { class: "event-words" }, said) : null,
    el("div", { class: "event-under" }, el("code", { "data-testid": "event-type" }, card.type), el("span", { class: "sequence", title: "Position in the stream of events" }, card.sequence === null ? "" : `#${card.sequence}`)));
  const shown = { id: card.id, subject: card.subject, stream_version: card.stream_version, data: card.data };
  const details = el("details", {}, head);
  details.addEventListener("toggle", () => details.open && details.children.length === 1 && details.append(json(shown)));
  const [family] = card.type.split(".");
  return el("li", { class: "event", "data-testid": "event", "data-arrival": card.arrival, "data-family": family, "data-bad": BAD.test(card.type) }, details);
}

function summary(data) {
  const personal = data.personal ?? {};
  const message = personal.message ?? {};
  const words = message.text ?? message.title ?? message.caption ?? message.file_name ?? personal.value ?? personal.caption ?? personal.file_name;
  const step = data.step ? `${data.step}: ` : "";
  const rest = data.reason ?? data.outcome ?? data.flow ?? (typeof data.size === "number" ? size(data.size) : data.kind ?? "");
  return typeof words === "string" ? step + words : step + (typeof rest === "string" ? rest : "");
}

function fileItem(data) {
  const address = `/simulator/files/${encodeURIComponent(data.file_id)}`;
  const isPicture = String(data.mime_type).startsWith("image/");
  const ending = String(data.mime_type).split("/").at(-1).slice(0, 4).toUpperCase();
  const face = isPicture ? el("img", { src: address, alt: "Stored photo", loading: "lazy" }) : ending;
  return el("li", { class: "file", "data-testid": "file" },
    el("a", { href: address, target: "_blank", rel: "noreferrer", "aria-label": "Open the stored file" }, face),
    el("div", {}, el("b", {}, `${data.mime_type}`), el("small", {}, size(data.size ?? 0)),
      el("code", { title: data.sha256 }, `sha256 ${data.sha256 ?? ""}`), el("code", { title: data.key }, data.key ?? "")));
}

function callItem(call) {
  const mark = call.verified ? "✓" : "!";
  const seal = el("span", { class: "seal", role: "img", "data-verified": String(call.verified), "aria-label": call.verified ? "Signature verified" : "Signature not verified" }, mark);
  const tags = [call.duplicate_of_earlier ? "again" : null, call.answered >= 300 ? `answered ${call.answered}` : null].filter(Boolean);
  const head = el("summary", {}, el("div", { class: "call-line" }, seal, el("code", {}, call.type ?? "unreadable"), ...tags.map((tag) => el("span", { class: "tag" }, tag)), el("time", { datetime: call.at }, exactClock(call.at))));
  return el("li", { class: "crm-call", "data-testid": "crm-call", "data-verified": String(call.verified) }, el("details", {}, head, json(call.body)));
}
