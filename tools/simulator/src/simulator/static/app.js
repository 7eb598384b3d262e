// Brings the page to life: whose phone it is, and what arrives.

import * as api from "./api.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { avatar, byId, el, initials } from "./dom.js";
import { Panel, live } from "./panel.js";
import { closeSheet, openSheet } from "./sheet.js";

const FIRST_USER = "15550001111";
const NAMES_SOMEBODY = /^(\d{5,20}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})$/; // a number, or a user id
const shownId = (key) => (/^\d+$/.test(key) ? `+${key}` : key);
const MOST_PEOPLE = 12;
const people = new Map();
const unread = new Set();
let user = null;
let source = null;
let streaming = false;

const panel = new Panel();
const chat = new Chat((answer) => send(() => api.write(user, answer)), openList);
new Composer((text) => send(() => api.write(user, { type: "text", text: { body: text } })), (file, caption) => send(() => api.writeFile(user, file, caption)));

async function send(attempt) {
  byId("alert").hidden = true;
  try {
    await attempt();
    return true;
  } catch (error) {
    byId("alert").textContent = error instanceof TypeError ? "The simulator does not answer. Try again." : error.message;
    byId("alert").hidden = false;
    return false;
  }
}

function openList(entry, action) {
  openSheet(action.button, action.sections, ({ id, title, description }) => {
    const row = description ? { id, title, description } : { id, title };
    send(() => api.write(user, { type: "interactive", interactive: { type: "list_reply", list_reply: row }, context: { id: entry.wamid } }));
  });
}

function open(waId) {
  user = waId;
  unread.delete(waId);
  closeSheet();
  source?.close();
  history.replaceState(null, "", `/?user=${waId}`);
  source = api.follow(waId, handlers, (on) => {
    streaming = on;
    checkHealth();
  });
}

const handlers = {
  snapshot(all) {
    byId("business-name").textContent = all.business.name;
    byId("business-avatar").textContent = initials(all.business.name);
    for (const person of [...all.people].reverse()) people.set(person.wa_id, person.name);
    people.set(all.person.wa_id, all.person.name);
    document.title = `${all.person.name} ${shownId(all.person.wa_id)} · Murmur`;
    byId("owner").textContent = all.person.name;
    byId("owner").title = `Whose phone this is: ${all.person.name}, ${shownId(all.person.wa_id)}`;
    chat.show(all.messages);
    panel.show(all.events, all.crm);
    live(all.watching);
    drawPeople();
  },
  message: (entry) => chat.add(entry),
  tick: (change) => chat.tick(change),
  typing: () => chat.typing(),
  event: (card) => panel.addEvent(card),
  crm: (call) => panel.addCall(call),
  person({ wa_id: waId, name }) {
    people.set(waId, name);
    drawPeople();
  },
  elsewhere({ wa_id: waId }) {
    unread.add(waId);
    drawPeople();
  },
};

function drawPeople() {
  const shown = [...people].reverse().slice(0, MOST_PEOPLE);
  if (!shown.some(([waId]) => waId === user)) shown.push([user, people.get(user) ?? user]);
  byId("people").replaceChildren(...shown.map(([waId, name]) => el("li", {}, personButton(waId, name))));
}

function personButton(waId, name) {
  const attributes = { type: "button", class: "person", title: `${name}, ${shownId(waId)}`, "data-testid": "person", "data-user": waId, "aria-current": String(waId === user), "data-unread": String(unread.has(waId)), onclick: () => open(waId) };
  return el("button", attributes, avatar(name), name);
}

function health(state, words) {
  byId("health").dataset.state = state;
  byId("health").textContent = words;
}

async function checkHealth() {
  if (!streaming) return health("bad", "Reconnecting…");
  try {
    const { handshake, webhooks, events } = await api.stats();
    live(events.watching);
    if (webhooks.pending > 5) health("waiting", `${webhooks.pending} webhooks wait for the business`);
    else if (handshake.verified) health("good", "Business connected");
    else health("waiting", "Waiting for the business");
  } catch {
    health("bad", "Reconnecting…");
  }
}

function askForPerson() {
  const form = byId("person-form");
  form.reset();
  form.elements.number.value = `1555${Math.floor(1e6 + Math.random() * 9e6)}`;
  byId("person-dialog").showModal();
}

byId("new-person").addEventListener("click", askForPerson);
byId("person-cancel").addEventListener("click", () => byId("person-dialog").close());
byId("person-form").addEventListener("submit", async (event) => {
  const { number, name } = event.currentTarget.elements;
  if (await send(() => api.rename(number.value, name.value.trim()))) open(number.value);
});
for (const button of document.querySelectorAll(".switch button")) {
  button.addEventListener("click", () => {
    document.body.dataset.view = button.dataset.view;
    for (const other of document.querySelectorAll(".switch button")) other.setAttribute("aria-pressed", String(other === button));
  });
}

const asked = new URLSearchParams(location.search).get("user");
const known = asked ? [] : await api.users().catch(() => []);
open(NAMES_SOMEBODY.test(asked ?? "") ? asked : known[0]?.wa_id ?? FIRST_USER);
setInterval(checkHealth, 3000);
