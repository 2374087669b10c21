// Reloads the e-mail when the server says that it changed, and keeps the place the editor was reading.
"use strict";

const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const state = { view: "email", width: "640", scheme: "light", version: 0 };

function pick(group, key, attribute, value) {
  for (const button of all(`${group} button`)) {
    button.setAttribute(attribute, String(button.dataset[key] === value));
  }
}

function reload(frame) {
  const place = frame.contentWindow ? frame.contentWindow.scrollY : 0;
  frame.onload = () => frame.contentWindow.scrollTo(0, place);
  frame.src = `/issue.html?version=${state.version}`;
}

async function show() {
  const email = state.view === "email";
  one("#frames").hidden = !email;
  one("#widths").hidden = one("#schemes").hidden = !email;
  one("#source").hidden = one("#copy").hidden = email;
  if (!email) {
    const view = state.view;
    const text = await (await fetch(`/view/${view}`)).text();
    if (view === state.view) one("#source").textContent = text;
    return;
  }
  for (const frame of all("iframe")) {
    frame.hidden = state.width !== "both" && frame.dataset.frame !== state.width;
    frame.style.colorScheme = state.scheme;
    if (!frame.hidden && frame.dataset.shown !== `${state.version}`) {
      frame.dataset.shown = `${state.version}`;
      reload(frame);
    }
  }
}

function changed(news) {
  state.version = news.version;
  one("#error").hidden = !news.error;
  one("#error").textContent = news.error || "";
  one("#note").textContent = news.note;
  one("#subject").textContent = news.subject || "";
  one("#preheader").textContent = news.preheader || "";
  one("#bytes").textContent = news.bytes === null ? "" : `${news.bytes.toLocaleString("en")} bytes of HTML`;
  document.documentElement.dataset.version = news.version;
  show();
}

function bind(group, key, attribute) {
  one(group).addEventListener("click", (event) => {
    const value = event.target.dataset[key];
    if (!value) return;
    state[key] = value;
    pick(group, key, attribute, value);
    show();
  });
}

bind("#views", "view", "aria-selected");
bind("#widths", "width", "aria-pressed");
bind("#schemes", "scheme", "aria-pressed");
one("#copy").addEventListener("click", () => navigator.clipboard.writeText(one("#source").textContent));

const events = new EventSource("/events");
events.onmessage = (event) => changed(JSON.parse(event.data));
events.onerror = () => {
  one("#error").hidden = false;
  one("#error").textContent = "The preview has stopped. Start it again with: digest preview";
};
