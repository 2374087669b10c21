// What each key does, and the dialog that tells them.
"use strict";

import { h } from "/preview_panels.js";

const one = (selector) => document.querySelector(selector);

// The keys of a page: `state` and `set` are its choices, `menu()` what there is to choose from, once it is there.
export function keysOf({ state, set, menu, menuThere, open, openReaders, openPanel, panelIsOpen }) {
  const cycle = (key, values) => set(key, values[(values.indexOf(state[key]) + 1) % values.length]);
  const KEYS = {
    "The mail": [
      ["0", "This week’s issue", () => set("show", "issue")],
      ["g", "Choose a mail", () => one("#menu").focus()],
      ["/", "Choose a reader", openReaders],
      ["s", "Send a test", () => open("test")],
    ],
    View: [
      ["e", "E-mail", () => set("view", "email")],
      ["t", "Text", () => set("view", "text")],
      ["h", "HTML", () => set("view", "html")],
      ["m", "MJML", () => set("view", "mjml")],
      ["r", "Raw MIME", () => set("view", "mime")],
    ],
    Frame: [
      ["p", "Phone", () => set("device", "375")],
      ["a", "Tablet", () => set("device", "560")],
      ["d", "Desktop", () => set("device", "640")],
      ["w", "Wide", () => set("device", "900")],
      ["b", "Phone and desktop", () => set("device", "both")],
      ["l", "Next colours: light, dark, inverted, darkened", () => cycle("look", ["light", "dark", "inverted", "darkened"])],
      ["x", "Pictures on, off", () => cycle("pictures", ["on", "off"])],
    ],
    Beside: [
      ["c", "Checks", () => set("panel", "checks")],
      ["i", "Inbox", () => set("panel", "inbox")],
      ["z", "Size", () => set("panel", "size")],
      ["n", "What changed since the last issue", () => set("panel", "changes")],
      ["o", "Headers", () => set("panel", "headers")],
      ["\\", "Show or hide this side", () => openPanel(!panelIsOpen())],
      ["?", "These keys", () => openHelp()],
    ],
  };

  function scenarioKeys() {
    const keys = menu().scenarios.map((scenario) => [scenario.key, scenario.title, () => set("show", `scenario:${scenario.name}`)]);
    if (menu().weeks.length) keys.push([menu().past_key, "The issue before", () => set("show", `week:${menu().weeks[0].week}`)]);
    return keys;
  }

  function openHelp() {
    const groups = Object.entries({ ...KEYS, Scenarios: scenarioKeys() });
    one("#keys").replaceChildren(...groups.map(([title, keys]) => h("section", {}, h("h3", {}, title),
      h("dl", {}, keys.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])))));
    open("help");
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (one("dialog[open]") || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const act = actionOf(event.key);
    if (act) {
      event.preventDefault();
      act();
    } else if (!menu().week) {
      // The key of a scenario, perhaps: those come with the menu.
      menuThere.then(() => actionOf(event.key)?.(), () => {});
    }
  }

  function actionOf(pressed) {
    return [...Object.values(KEYS).flat(), ...scenarioKeys()].find(([key]) => key === pressed)?.[2];
  }

  return { onKey, openHelp };
}
