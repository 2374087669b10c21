// What stands beside the e-mail: checks, inboxes, size, changes, headers. Text comes in as text, never as HTML.
"use strict";

// A new element: h("td", { class: "x", onclick }, "words", child).
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const number = (value) => value.toLocaleString("en");
const kilobytes = (value) => `${(value / 1000).toFixed(1)} KB`;

export function faultBanner(fault) {
  const place = [fault.file, fault.line, fault.column].filter((part) => part !== null).join(":");
  const said = fault.stale ? "Not shown yet: below stands the last good state" : "Shown, but something is missing";
  const parts = [h("p", {}, h("b", {}, said), place ? h("code", { class: "place" }, place) : null), h("p", { class: "what" }, fault.message)];
  if (fault.excerpt.length) {
    const lines = fault.excerpt.map((text, index) => {
      const bad = fault.first + index === fault.line;
      const line = h("li", { class: bad ? "bad" : null, value: fault.first + index }, text || " ");
      if (bad && fault.column) {
        line.replaceChildren(text.slice(0, fault.column - 1), h("mark", {}, word(text.slice(fault.column - 1))));
        line.append(text.slice(fault.column - 1 + word(text.slice(fault.column - 1)).length));
      }
      return line;
    });
    parts.push(h("ol", { class: "excerpt" }, lines));
  }
  return parts;
}

function word(text) {
  return text.match(/^(?:\w+|<\/?[\w-]*>?|.)/)?.[0] || "";
}

export function checks(found, jump) {
  if (!found) return [h("p", { class: "quiet" }, "Checking …")];
  const silenced = found.silenced ? `${found.silenced} silenced by [lint] silence.` : "";
  if (!found.findings.length) return [h("p", { class: "good" }, "Nothing found."), h("p", { class: "quiet" }, silenced)];
  return [
    h("ul", { class: "findings" }, found.findings.map((finding) =>
      h("li", { class: finding.severity },
        h("p", { class: "rule" }, h("span", { class: "severity" }, finding.severity), h("code", {}, finding.rule),
          finding.place && h("button", { class: "jump", onclick: () => jump(finding.place) }, "Show")),
        h("p", { class: "where" }, finding.where),
        h("p", {}, `${sentence(finding.why)}`),
        h("p", { class: "do" }, `${sentence(finding.do)}`)),
    )),
    h("p", { class: "quiet" }, silenced),
  ];
}

function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

export function inbox(state) {
  const lists = { Gmail: gmail, "Apple Mail": apple, Outlook: outlook };
  return [
    ...state.inboxes.map((entry) =>
      h("section", { class: "inbox" },
        h("h3", {}, entry.name, h("span", { class: "quiet" }, entry.cut.length ? `${entry.cut.join(" and ")} cut` : "nothing cut")),
        lists[entry.name](entry))),
    h("p", { class: "quiet" }, "Lists cut by width; these are usual ones. "
      + `The subject has ${state.subject.length} characters, the preheader ${state.preheader.length}.`),
  ];
}

const other = (...words) => words.map((text) => h("span", { class: "ghost" }, text));

function gmail(entry) {
  const row = (from, subject, snippet, mine) =>
    h("div", { class: `gmail${mine ? " mine" : ""}`, "aria-hidden": !mine && "true" }, h("span", { class: "box" }), h("span", { class: "from" }, from),
      h("span", { class: "rest" }, h("b", {}, subject), snippet && h("span", {}, ` - ${snippet}`)), h("span", { class: "when" }, "09:00"));
  return h("div", { class: "list" }, row("Library", "Your books are due on Friday", "Three titles", false),
    row(entry.sender, entry.subject, entry.preheader, true), row("Ines", "Lunch?", "I found a place near the", false));
}

function apple(entry) {
  return h("div", { class: "list apple" },
    h("div", { class: "mine" }, h("p", {}, h("b", {}, entry.sender), h("span", { class: "when" }, "09:00")),
      h("p", { class: "subject" }, entry.subject), h("p", { class: "snippet" }, entry.preheader)));
}

function outlook(entry) {
  return h("div", { class: "list outlook" },
    h("div", { class: "mine" }, h("p", {}, entry.sender), h("p", { class: "subject" }, h("b", {}, entry.subject), h("span", { class: "when" }, "Fri 09:00")),
      h("p", { class: "snippet" }, entry.preheader)));
}

export function size(state, weighed) {
  const share = Math.min(1, state.bytes / state.clip);
  const bar = h("span", { class: "gauge big" }, h("span", { class: state.bytes >= state.clip ? "over" : null }));
  bar.firstChild.style.width = `${share * 100}%`;
  const parts = [
    h("p", {}, h("b", {}, number(state.bytes)), ` bytes of HTML, of ${number(state.clip)} before Gmail clips it`),
    bar,
    h("p", { class: "quiet" }, `The whole message has ${number(state.message_bytes)} bytes.`),
  ];
  if (!weighed) return [...parts, h("p", { class: "quiet" }, "Weighing …")];
  if (!weighed.weights) return parts;
  const { frame, full, short, stub } = weighed.weights;
  const count = (depth) => weighed.depths.filter((one) => one === depth).length;
  const rows = [["Full", full, count("full")], ["Short", short, count("short")], ["Stub", stub, count("stub")]];
  return [
    ...parts,
    h("h3", {}, "What depth costs"),
    h("table", {},
      h("thead", {}, h("tr", {}, ["Depth", "A matchup", "Shown so", "Together"].map((title, index) => h("th", { scope: "col", class: index ? "figure" : null }, title)))),
      h("tbody", {},
        rows.map(([name, weight, times]) => h("tr", {}, h("th", { scope: "row" }, name),
          h("td", { class: "figure" }, kilobytes(weight)), h("td", { class: "figure" }, String(times)), h("td", { class: "figure" }, kilobytes(weight * times)))),
        h("tr", {}, h("th", { scope: "row" }, "All round"), h("td", {}), h("td", {}), h("td", { class: "figure" }, kilobytes(frame))))),
    h("p", { class: "quiet" }, "A mean over the week’s matchups. A longer issue is shown less deep by itself."),
  ];
}

export function changes(found) {
  if (!found) return [h("p", { class: "quiet" }, "Comparing …")];
  const news = found.changes;
  if (!news) return [h("p", { class: "quiet" }, "There is no issue before this one to compare with.")];
  const list = (title, names) => names.length > 0 && h("section", {}, h("h3", {}, title, h("span", { class: "count" }, String(names.length))), h("ul", { class: "names" }, names.map((name) => h("li", {}, name))));
  const table = (title, rows) => rows.length > 0 && h("section", {}, h("h3", {}, title), h("table", { class: "moved" },
    h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.tool && h("span", {}, row.tool), row.what),
      h("td", {}, h("del", {}, row.before ?? "not known"), h("ins", {}, row.now ?? "not known")))))));
  return [
    h("p", { class: "quiet" }, `Since ${news.since}`),
    ...[list("New", news.new), list("Gone", news.dropped), list("In both", news.returning), list("Same pair again", news.repeated),
      table("Figures that moved", news.moved), table("Lines", news.lines)].filter(Boolean),
  ];
}

export function headers(state) {
  return [h("table", { class: "headers" }, h("tbody", {}, state.headers.map((field) =>
    h("tr", {}, h("th", { scope: "row" }, field.name), h("td", {}, field.value,
      field.raw.replace(/\s+/g, " ") !== field.value.replace(/\s+/g, " ") && h("code", { class: "raw" }, field.raw))))))];
}

// A source as numbered lines; the text itself is copied from elsewhere, so that no number gets into it.
export function source(view, text) {
  if (view === "text") return [h("pre", { class: "plain" }, text)];
  const lines = text.replace(/\r\n/g, "\n").split("\n");
  return [h("ol", { class: "lines" }, lines.map((line) => h("li", {}, line || " ")))];
}
