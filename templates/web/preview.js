// The preview's page: what is chosen, and what the server says of it. The address keeps the choice.
"use strict";

import { Frames } from "/preview_frames.js";
import { keysOf } from "/preview_keys.js";
import * as panels from "/preview_panels.js";

const { h } = panels;
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];

const FIRST = { show: "issue", reader: "", view: "email", device: "640", look: "light", pictures: "on", panel: "checks" };
const state = { ...FIRST, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
const kept = {}; // what the server said, by panel, each for one version of one choice
let names = new Map([["", "A Reader"]]);
let menu = { editions: [], scenarios: [], weeks: [], mails: [], past_key: "" };
let version = 0;
let news = null;

const frames = new Frames(one("#stage"), one("#frames"), {
  link: (address) => (one("#link").textContent = address),
  key: (event) => onKey(event),
  remote: (count) => {
    one("#web-pictures").hidden = !count || state.pictures !== "on";
    one("#web-pictures").textContent = `Load ${count} picture${count === 1 ? "" : "s"} from the web`;
  },
});

const chosen = () => new URLSearchParams({ show: state.show, reader: state.reader });

async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

// What a failed answer says: its own message, or, if it is no JSON, what little it tells.
async function refusal(answer) {
  const body = await answer.text();
  try {
    return new Error(JSON.parse(body).error);
  } catch {
    return new Error(body.slice(0, 200) || `the preview answers ${answer.status}`);
  }
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-Preview": "1" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

async function show() {
  const email = state.view === "email";
  one("#stage").hidden = !email;
  one("#source").hidden = email;
  for (const element of all(".only-email")) element.hidden = !email;
  for (const element of all(".only-source")) element.hidden = email;
  press("#views", "view", "aria-selected");
  press("#devices", "device", "aria-pressed");
  press("#looks", "look", "aria-pressed");
  press("#panels", "panel", "aria-selected");
  one("#pictures").setAttribute("aria-pressed", String(state.pictures !== "off"));
  one("#download").href = `/issue.eml?${chosen()}`;
  remember();
  if (!version) return;
  await (email ? showEmail() : showSource());
  document.documentElement.dataset.version = version;
}

async function showEmail() {
  const address = `/view/html?${chosen()}&version=${version}`;
  const widths = state.device === "both" ? [375, 640] : [Number(state.device)];
  await frames.show(address, widths, state.look, state.pictures);
}

async function showSource() {
  const { view } = state;
  const key = `${view}?${chosen()}&version=${version}`;
  const pane = one("#source");
  if (pane.dataset.key === key) return;
  const text = await (await get(`/view/${view}?${chosen()}`)).text();
  if (view !== state.view) return;
  pane.dataset.key = key;
  pane.setAttribute("aria-labelledby", `tab-${view}`);
  pane.text = text;
  pane.replaceChildren(...panels.source(view, text));
}

function remember() {
  const told = Object.entries(state).filter(([key, value]) => value !== FIRST[key] && key in FIRST);
  history.replaceState(null, "", told.length ? `#${new URLSearchParams(told)}` : location.pathname);
}

function press(group, key, attribute) {
  for (const button of all(`${group} button`)) {
    const on = button.dataset[key] === state[key];
    button.setAttribute(attribute, String(on));
    if (attribute === "aria-selected") button.tabIndex = on ? 0 : -1;
  }
}

async function update() {
  const asked = chosen().toString();
  const at = version;
  const [told] = await Promise.all([get(`/state?${asked}`).then((answer) => answer.json()), show()]);
  if (asked !== chosen().toString() || at !== version) return;
  news = told;
  for (const name of Object.keys(kept)) delete kept[name];
  one("#nothing").hidden = news.message_bytes > 0;
  one("#nothing").textContent = news.message_bytes ? "" : news.note || "Nothing could be rendered yet.";
  one("#frames").classList.toggle("empty", !news.message_bytes);
  one("#fault").hidden = !news.fault;
  one("#fault").replaceChildren(...(news.fault ? panels.faultBanner(news.fault) : []));
  one("#note").textContent = one("#note").title = news.note;
  one("#subject").textContent = news.subject;
  one("#preheader").textContent = news.preheader;
  one("#bytes").textContent = `${(news.bytes / 1000).toFixed(1)} KB`;
  one("#gauge").style.width = `${Math.min(100, (100 * news.bytes) / news.clip)}%`;
  one("#gauge").className = news.bytes >= news.clip ? "over" : "";
  showPanel();
  const found = await ask("checks");
  if (asked !== chosen().toString() || at !== version || !found) return;
  const errors = found.findings.filter((finding) => finding.severity === "error").length;
  one("#count").textContent = found.findings.length || "";
  one("#count").classList.toggle("bad", errors > 0);
}

async function ask(name) {
  const at = `${chosen()}&version=${version}`;
  if (kept[name]?.at !== at) kept[name] = { at, answer: get(`/${name}?${chosen()}`).then((answer) => answer.json()) };
  const answer = await kept[name].answer;
  return kept[name]?.at === at ? answer : null;
}

const ASKED = { checks: "checks", size: "weights", changes: "changes" };

async function showPanel() {
  if (!news) return;
  const name = state.panel;
  const body = one("#panel-body");
  const fill = (found) => {
    const made = {
      checks: () => panels.checks(found, jump),
      inbox: () => panels.inbox(news),
      size: () => panels.size(news, found),
      changes: () => panels.changes(found),
      headers: () => panels.headers(news),
    };
    body.setAttribute("aria-labelledby", `tab-${name}`);
    body.replaceChildren(...made[name]().filter(Boolean));
    body.removeAttribute("aria-busy");
  };
  if (!(name in ASKED)) return fill(null);
  if (body.getAttribute("aria-labelledby") !== `tab-${name}`) fill(null);
  body.setAttribute("aria-busy", "true");
  const found = await ask(ASKED[name]);
  if (found && state.panel === name) fill(found);
}

async function jump(place) {
  if (["inbox", "size", "headers"].includes(place.view)) return set("panel", place.view);
  state.view = place.view;
  state.look = place.look || state.look;
  await show();
  if (place.view === "email" && !frames.mark(place) && place.line) {
    state.view = "html";
    await show();
    one("#source").querySelectorAll("li")[place.line - 1]?.scrollIntoView({ block: "center" });
  }
}

function listen() {
  const events = new EventSource("/events");
  events.onopen = () => live("yes", "Live");
  events.onmessage = (event) => {
    const told = JSON.parse(event.data).version;
    if (told === version) return;
    version = told;
    live("yes", `Live, ${new Date().toLocaleTimeString("en-GB")}`);
    update().catch(complain);
  };
  events.onerror = () => live("no", "The preview has stopped. Start it again with: digest preview");
}

function live(on, text) {
  one("#live").dataset.live = on;
  one("#live").textContent = text;
}

function complain(error) {
  one("#fault").hidden = false;
  one("#fault").replaceChildren(h("p", { class: "what" }, error.message));
}

function set(key, value) {
  if (state[key] === value) return;
  state[key] = value;
  if (key === "panel") {
    press("#panels", "panel", "aria-selected");
    openPanel(true);
    remember();
    showPanel();
  } else if (key === "show" || key === "reader") {
    one("#menu").value = state.show;
    one("#reader-name").textContent = names.get(state.reader) || "a reader";
    update().catch(complain);
  } else {
    show().catch(complain);
  }
}

async function loadMenu() {
  menu = await (await get("/menu")).json();
  const option = (value, text) => h("option", { value }, text);
  const group = (label, options) => options.length > 0 && h("optgroup", { label }, options);
  one("#menu").replaceChildren(
    ...[
      option("issue", `This issue, ${menu.week}`),
      group("Editions", menu.editions.map((edition) =>
        option(`edition:${edition.name}`, `${edition.title}, ${edition.readers} reader${edition.readers === 1 ? "" : "s"}`))),
      group("Scenarios", menu.scenarios.map((scenario) => option(`scenario:${scenario.name}`, `${scenario.key}  ${scenario.title}`))),
      group("Other mails", menu.mails.map((mail) => option(`mail:${mail.name}`, mail.title))),
      group("Past issues", menu.weeks.map((past, index) =>
        option(`week:${past.week}`, `${index ? "" : `${menu.past_key}  `}${past.week}, ${past.status}`))),
    ].filter(Boolean),
  );
  one("#menu").value = state.show;
}

function openPanel(open) {
  document.body.classList.toggle("narrow", !open);
  document.body.classList.toggle("drawn", open);
  one("#toggle-panel").setAttribute("aria-pressed", String(open));
}

const panelIsOpen = () => getComputedStyle(one("#panel")).display !== "none";

function choices(group, key) {
  one(group).addEventListener("click", (event) => {
    const value = event.target.closest("button")?.dataset[key];
    if (value) set(key, value);
  });
  if (one(group).getAttribute("role") !== "tablist") return;
  one(group).addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = all(`${group} button`);
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    set(key, next.dataset[key]);
    event.preventDefault();
  });
}

choices("#views", "view");
choices("#devices", "device");
choices("#looks", "look");
choices("#panels", "panel");
one("#menu").addEventListener("change", () => set("show", one("#menu").value));
one("#menu").addEventListener("focus", () => loadMenu().catch(complain));
one("#pictures").addEventListener("click", () => set("pictures", state.pictures === "off" ? "on" : "off"));
one("#web-pictures").addEventListener("click", () => set("pictures", "web"));
one("#meter").addEventListener("click", () => set("panel", "size"));
one("#toggle-panel").addEventListener("click", () => openPanel(!panelIsOpen()));
one("#copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(one("#source").text || "");
  one("#copy").textContent = "Copied";
  setTimeout(() => (one("#copy").textContent = "Copy"), 1500);
});

const open = (id) => one(`#${id}`).open || one(`#${id}`).showModal();

for (const dialog of all("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.hasAttribute("data-close")) dialog.close();
  });
}

async function findReaders() {
  const wanted = one("#search").value;
  const found = await post("/readers", { search: wanted });
  if (wanted !== one("#search").value) return;
  const entry = (id, name, rest) =>
    h("li", {}, h("button", { "aria-current": id === state.reader && "true", onclick: () => {
      names.set(id, name);
      one("#readers").close();
      set("reader", id);
    } }, h("b", {}, name), h("span", { class: "quiet" }, rest)));
  one("#found").replaceChildren(
    ...(wanted ? [] : [entry("", "A Reader", "invented; the links lead to nobody")]),
    ...found.map((reader) => entry(reader.id, reader.name || reader.address, `${reader.name ? `${reader.address}, ` : ""}${reader.status}`)),
    ...(found.length || !wanted ? [] : [h("li", { class: "quiet" }, "Nobody on the list has this in the address or name.")]),
  );
}

function openReaders() {
  open("readers");
  one("#search").value = "";
  findReaders().catch(complain);
}

one("#reader").addEventListener("click", openReaders);
one("#search").addEventListener("input", () => findReaders().catch(complain));
one("#search").addEventListener("keydown", (event) => {
  if (event.key === "Enter") one("#found button")?.click();
});

one("#open-test").addEventListener("click", () => open("test"));
one("#test-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = one("#answer");
  answer.className = "";
  answer.textContent = "Sending …";
  one("#send").disabled = true;
  try {
    const { sent } = await post("/test", { show: state.show, reader: state.reader, address: one("#address").value });
    answer.textContent = `Sent to ${sent}.`;
  } catch (error) {
    answer.className = "bad";
    answer.textContent = error.message;
  }
  one("#send").disabled = false;
});

const menuThere = loadMenu();
menuThere.catch(complain);
const { onKey, openHelp } = keysOf({ state, set, menu: () => menu, menuThere, open, openReaders, openPanel, panelIsOpen });
one("#open-help").addEventListener("click", openHelp);
document.addEventListener("keydown", onKey);

one("#toggle-panel").setAttribute("aria-pressed", String(panelIsOpen()));
show().catch(complain);
listen();
