// What the page asks of the simulator.

async function call(path, options) {
  const answer = await fetch(path, options);
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  throw new Error(typeof told.detail === "string" ? told.detail : `The simulator answered ${answer.status}.`);
}

const sent = (method, body) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const users = () => call("/simulator/users");

export const stats = () => call("/simulator/stats");

export const rename = (user, name) => call(`/simulator/users/${user}`, sent("PUT", { name }));

export const write = (user, message) => call(`/simulator/users/${user}/messages`, sent("POST", message));

export function writeFile(user, file, caption) {
  const form = new FormData();
  form.append("file", file);
  if (caption) form.append("caption", caption);
  return call(`/simulator/users/${user}/messages`, { method: "POST", body: form });
}

export function follow(user, handlers, onState) {
  const source = new EventSource(`/simulator/stream?user=${encodeURIComponent(user)}`);
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  source.addEventListener("open", () => onState(true));
  source.addEventListener("error", () => onState(false));
  return source;
}
