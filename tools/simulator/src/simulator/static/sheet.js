// The sheet that a list message opens on the phone.

import { byId, el } from "./dom.js";

const cover = byId("sheet-cover");
const behind = () => [byId("chat"), byId("composer-form")];
let opener = null;

export function openSheet(title, sections, onChoose) {
  opener = document.activeElement;
  byId("sheet-title").textContent = title;
  byId("sheet-body").replaceChildren(...sections.flatMap((section) => part(section, onChoose)));
  cover.hidden = false;
  for (const node of behind()) node.inert = true;
  byId("sheet-body").querySelector("button")?.focus();
}

export function closeSheet() {
  if (cover.hidden) return;
  cover.hidden = true;
  for (const node of behind()) node.inert = false;
  opener?.focus();
}

function part(section, onChoose) {
  const heading = section.title ? [el("h3", {}, section.title)] : [];
  return [...heading, ...section.rows.map((row) => rowButton(row, onChoose))];
}

function rowButton(row, onChoose) {
  const choose = () => {
    closeSheet();
    onChoose(row);
  };
  const label = el("span", {}, el("b", {}, row.title), row.description ? el("small", {}, row.description) : null);
  return el("button", { type: "button", class: "list-row", "data-testid": "list-row", "data-id": row.id, onclick: choose }, label);
}

byId("sheet-close").addEventListener("click", closeSheet);
cover.addEventListener("click", (event) => event.target === cover && closeSheet());
document.addEventListener("keydown", (event) => event.key === "Escape" && closeSheet());
