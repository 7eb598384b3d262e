// Where the person types and attaches files.

import { byId, el, keepingEnd } from "./dom.js";

const form = byId("composer-form");
const field = byId("composer");
const picker = byId("attach");
const strip = byId("attachments");

export class Composer {
  constructor(onText, onFile) {
    this.onText = onText;
    this.onFile = onFile;
    this.files = [];
    this.busy = false;
    form.addEventListener("submit", (event) => this.submit(event));
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("input", grow);
    picker.addEventListener("change", () => this.attach([...picker.files]));
  }

  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  }

  attach(files) {
    this.files.push(...files);
    picker.value = "";
    this.draw();
    field.focus();
  }

  async submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (this.busy || (!text && !this.files.length)) return;
    this.busy = true;
    try {
      await this.send(text);
    } finally {
      this.busy = false;
    }
  }

  async send(text) {
    let caption = text;
    const withFiles = this.files.length > 0;
    while (this.files.length) {
      if (!(await this.onFile(this.files[0], caption))) return;
      this.files.shift();
      caption = "";
      field.value = "";
      this.draw();
    }
    if (withFiles || (await this.onText(text))) field.value = "";
    grow();
  }

  draw() {
    field.placeholder = this.files.length ? "Add a caption" : "Message";
    for (const picture of strip.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
    keepingEnd(byId("chat"), () => {
      strip.hidden = !this.files.length;
      strip.replaceChildren(...this.files.map((file, at) => this.preview(file, at)));
    });
  }

  preview(file, at) {
    const remove = () => {
      this.files.splice(at, 1);
      this.draw();
    };
    const content = file.type.startsWith("image/") ? el("img", { src: URL.createObjectURL(file), alt: file.name }) : file.name;
    return el("li", {}, content, el("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: remove }, "×"));
  }
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 110)}px`;
}
