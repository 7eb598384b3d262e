// The conversation on the phone.

import { bubble, plain, setTick } from "./bubbles.js";
import { byId, el, keepingEnd } from "./dom.js";

const TYPING_MS = 25_000;
const list = byId("chat");

export class Chat {
  constructor(onAnswer, onList) {
    this.onAnswer = onAnswer;
    this.onList = onList;
    this.lines = new Map();
  }

  show(entries) {
    this.lines.clear();
    this.day = null;
    this.last = null;
    list.replaceChildren();
    this.stopTyping();
    if (!entries.length) list.append(el("li", { class: "hello" }, el("b", {}, "Say hello"), "The business answers like it would on a real phone."));
    for (const entry of entries) this.add(entry);
    list.scrollTop = list.scrollHeight;
  }

  add(entry) {
    list.querySelector(".hello")?.remove();
    if (entry.direction === "out") this.stopTyping();
    keepingEnd(list, () => this.append(entry), true);
  }

  append(entry) {
    if (entry.message.type === "reaction") return this.react(entry.message.reaction);
    this.separateDays(entry.at);
    const line = el("li", { class: `bubble-line ${entry.direction}${this.last === entry.direction ? "" : " turn"}` });
    line.dataset.testid = `message-${entry.direction}`;
    line.dataset.wamid = entry.wamid;
    line.append(bubble(entry, this.quoteFor(entry)), ...this.replies(entry));
    this.lines.set(entry.wamid, { line, entry });
    this.last = entry.direction;
    list.append(line);
    if (entry.direction === "in") this.markAnswered(entry);
  }

  tick({ wamid, tick }) {
    const found = this.lines.get(wamid);
    if (found) setTick(found.line, tick);
  }

  typing() {
    this.stopTyping();
    byId("presence").textContent = "typing…";
    keepingEnd(list, () => list.append(el("li", { class: "typing", "aria-hidden": "true" }, el("i"), el("i"), el("i"))));
    this.timer = setTimeout(() => this.stopTyping(), TYPING_MS);
  }

  stopTyping() {
    clearTimeout(this.timer);
    byId("presence").textContent = "online";
    list.querySelector(".typing")?.remove();
  }

  separateDays(at) {
    const date = new Date(at);
    const day = date.toDateString();
    if (day === this.day) return;
    this.day = day;
    const name = day === new Date().toDateString() ? "Today" : date.toLocaleDateString([], { day: "numeric", month: "long" });
    list.append(el("li", { class: "day" }, name));
  }

  quoteFor({ message }) {
    if (message.interactive?.button_reply || message.interactive?.list_reply) return null;
    const found = this.lines.get(message.context?.message_id ?? message.context?.id);
    return found ? plain(found.entry.message) : null;
  }

  react({ message_id: target, emoji }) {
    const found = this.lines.get(target);
    found?.line.querySelector(".reaction")?.remove();
    if (found && emoji) found.line.append(el("span", { class: "reaction", "aria-label": `Reaction ${emoji}` }, emoji));
  }

  replies(entry) {
    const box = el("div", { class: "replies", role: "group", "aria-label": "Answers" });
    if (entry.direction === "out") box.append(...this.offered(entry));
    return box.children.length ? [box] : [];
  }

  offered(entry) {
    const { interactive: asked, template } = entry.message;
    if (template) return this.quickReplies(entry, template);
    const action = asked?.action;
    switch (action && asked.type) {
      case "button": return action.buttons.map(({ reply }) => this.button(entry, reply));
      case "list": return [this.opener(entry, action)];
      case "cta_url": return [this.link(action.parameters)];
      case "flow": return [this.form(entry, action.parameters)];
      case "location_request_message": return [this.sharing(entry)];
      default: return [];
    }
  }

  button(entry, reply) {
    const answer = { type: "interactive", interactive: { type: "button_reply", button_reply: reply }, context: { id: entry.wamid } };
    const attributes = { type: "button", "data-testid": "button-reply", "data-id": reply.id, onclick: () => this.onAnswer(answer) };
    return el("button", attributes, reply.title);
  }

  opener(entry, action) {
    const open = (event) => this.onList(entry, action, event.currentTarget);
    return el("button", { type: "button", "data-testid": "list-open", "aria-haspopup": "dialog", onclick: open }, `☰  ${action.button}`);
  }

  link({ display_text: label, url }) {
    return el("a", { href: url, target: "_blank", rel: "noreferrer" }, `${label} ↗`);
  }

  form(entry, { flow_cta: label, flow_token: token }) {
    const filled = { name: "flow", body: "Sent", response_json: JSON.stringify({ flow_token: token }) };
    return this.answering(entry, label, { type: "interactive", interactive: { type: "nfm_reply", nfm_reply: filled } }, "flow-open");
  }

  sharing(entry) {
    const place = { latitude: 38.7139, longitude: -9.1394, name: "Praça do Rossio", address: "Lisbon" };
    return this.answering(entry, "Send location", { type: "location", location: place }, "send-location");
  }

  quickReplies(entry, { components = [] }) {
    const offered = components.filter((part) => part.sub_type?.toLowerCase() === "quick_reply").flatMap((part) => part.parameters ?? []);
    return offered.map(({ payload }) => this.answering(entry, payload, { type: "button", button: { payload, text: payload } }, "template-button"));
  }

  answering(entry, label, answer, testid) {
    const onclick = () => this.onAnswer({ ...answer, context: { id: entry.wamid } });
    return el("button", { type: "button", "data-testid": testid, onclick }, label);
  }

  markAnswered({ message }) {
    const chosen = message.interactive?.button_reply;
    const asked = chosen && this.lines.get(message.context?.id);
    if (!asked) return;
    for (const button of asked.line.querySelectorAll(".replies button")) {
      button.disabled = true;
      if (button.dataset.id === chosen.id) button.setAttribute("aria-pressed", "true");
    }
  }
}
