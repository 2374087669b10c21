// The e-mail in its frames. A frame is as tall as the mail and the stage scrolls, so that two widths scroll
// together and a media query sees exactly the width it is asked about. A frame is opened once, empty, under the
// policy that lets nothing out; each state of the mail then takes the last one's place inside it. That takes a
// third of the time of loading a page, and there is no flash; the place an editor was reading stays.
"use strict";

const NAMES = { 375: "Phone", 560: "Tablet", 640: "Desktop", 900: "Wide" };
const TRAIL = 80;

export class Frames {
  constructor(stage, holder, tell) {
    this.stage = stage;
    this.holder = holder;
    this.tell = tell;
    this.shown = [];
    this.ticket = 0;
    this.mail = { address: "", text: "" };
    new ResizeObserver(() => this.fit()).observe(stage);
  }

  // Show the mail at `address` in frames of these widths; resolves when it is in its place.
  async show(address, widths, look, pictures) {
    const ticket = ++this.ticket;
    const policy = pictures === "web" ? "web" : "none";
    const same = this.shown.length === widths.length && this.shown.every((frame, index) => frame.fits(widths[index], policy));
    const [frames, text] = await Promise.all([same ? this.shown : this.opened(widths, policy), this.fetched(address)]);
    if (ticket !== this.ticket) {
      if (!same) frames.forEach((frame) => frame.box.remove());
      return;
    }
    this.mail = { address, text };
    const place = this.place();
    if (!same) this.replace(frames);
    for (const frame of frames) this.dress(frame, look, pictures);
    this.fit();
    this.restore(place);
    this.tell.remote(remotePictures(frames[0].page));
  }

  async fetched(address) {
    if (address === this.mail.address) return this.mail.text;
    const answer = await fetch(address);
    if (!answer.ok) throw new Error((await answer.json()).error);
    return answer.text();
  }

  async opened(widths, policy) {
    const frames = widths.map((width) => newFrame(width, policy));
    this.holder.append(...frames.map((frame) => frame.box));
    await Promise.all(frames.map((frame) => frame.open()));
    return frames;
  }

  replace(frames) {
    this.shown.forEach((frame) => frame.box.remove());
    this.shown = frames;
    for (const frame of frames) {
      frame.box.classList.remove("arriving");
      frame.element.dataset.frame = frame.width;
    }
  }

  dress(frame, look, pictures) {
    const { page, element } = frame;
    element.style.colorScheme = look === "dark" ? "dark" : "light";
    element.style.filter = look === "inverted" ? "invert(1) hue-rotate(180deg)" : "";
    page.open();
    page.write(this.mail.text);
    page.close();
    this.listen(page);
    if (pictures === "off") {
      for (const image of page.images) image.src = "data:,";
      style(page, "*{background-image:none!important}");
    }
    if (look === "inverted") style(page, "img,video{filter:invert(1) hue-rotate(180deg)}");
    if (look === "darkened") darken(page);
    frame.overflow(page.documentElement);
  }

  listen(page) {
    for (const kind of ["mouseover", "focusin"]) {
      page.addEventListener(kind, (event) => this.tell.link(event.target.closest?.("a")?.getAttribute("href") || ""));
    }
    page.addEventListener("mouseleave", () => this.tell.link(""));
    page.addEventListener("click", (event) => {
      if (event.target.closest?.("a")) event.preventDefault();
    });
    page.addEventListener("keydown", this.tell.key);
  }

  // Size the frames to their mails, and shrink them together where the stage is narrower than they are.
  fit() {
    if (!this.shown.length || !this.stage.clientWidth) return;
    const room = this.stage.clientWidth - 40;
    const needed = this.shown.reduce((sum, frame) => sum + frame.width, 0) + 28 * (this.shown.length - 1);
    const scale = Math.max(0.3, Math.min(1, room / needed));
    for (const frame of this.shown) frame.resize(scale);
    this.scale = scale;
  }

  // The element at the top of the stage, how to find it again, and how far below the top edge it begins.
  place() {
    const page = this.shown[0]?.page;
    if (!page || !this.stage.scrollTop) return null;
    const over = this.top() / this.scale;
    const found = [...page.querySelectorAll("h1,h2,h3,p,td,th,div,a")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.height > 0 && box.height < 400 && box.bottom > over && words(element);
    });
    const element = found.sort((one, other) => above(one) - above(other))[0];
    if (!element) return null;
    const same = twins(page, element.tagName, words(element));
    return { tag: element.tagName, words: words(element), index: same.indexOf(element), offset: above(element) - over };
  }

  restore(place) {
    const page = this.shown[0]?.page;
    if (!place || !page) return;
    const same = twins(page, place.tag, place.words);
    const element = same[Math.min(place.index, same.length - 1)];
    if (!element) return;
    this.stage.scrollTop += (above(element) - place.offset - this.top() / this.scale) * this.scale;
  }

  // How far the stage has scrolled into the first frame, in its own pixels on the screen.
  top() {
    return this.stage.getBoundingClientRect().top - this.shown[0].element.getBoundingClientRect().top;
  }

  // Scroll to what a finding is about and outline it; returns whether it was found.
  mark({ tag, words: wanted, href }) {
    let hit = false;
    for (const frame of this.shown) {
      const element = [...frame.page.getElementsByTagName(tag || "a")].find((one) =>
        href ? (one.getAttribute("href") || "").startsWith(href) : words(one).startsWith(wanted),
      );
      if (!element) continue;
      if (!hit) {
        const box = frame.element.getBoundingClientRect();
        const target = box.top + above(element) * this.scale - this.stage.getBoundingClientRect().top;
        this.stage.scrollBy({ top: target - this.stage.clientHeight / 3 });
      }
      hit = true;
      outline(element);
    }
    return hit;
  }
}

function newFrame(width, policy) {
  const box = document.createElement("figure");
  box.className = "frame arriving";
  const label = document.createElement("figcaption");
  const size = document.createElement("span");
  const warning = document.createElement("button");
  warning.className = "overflow";
  warning.hidden = true;
  label.append(`${NAMES[width]} `, size, warning);
  const clip = document.createElement("div");
  clip.className = "clip";
  const element = document.createElement("iframe");
  element.title = `The e-mail, ${width} pixels wide`;
  element.setAttribute("sandbox", "allow-same-origin");
  element.style.width = `${width}px`;
  clip.append(element);
  box.append(label, clip);

  return {
    box,
    element,
    width,
    get page() {
      return element.contentDocument;
    },
    fits(otherWidth, otherPolicy) {
      return width === otherWidth && policy === otherPolicy;
    },
    open() {
      return new Promise((resolve) => {
        element.onload = resolve;
        element.src = `/frame.html?pictures=${policy}`;
      });
    },
    overflow(root) {
      const over = root.scrollWidth - root.clientWidth;
      warning.hidden = over <= 0;
      if (over <= 0) return;
      const widest = [...root.querySelectorAll("body *")].filter((one) => {
        const edge = one.getBoundingClientRect();
        return edge.width > 0 && edge.right > root.clientWidth + 0.5;
      });
      const culprit = widest.at(-1);
      warning.textContent = `overflows by ${over} px`;
      warning.title = culprit ? `<${culprit.tagName.toLowerCase()}> ${words(culprit)}` : "";
      warning.onclick = () => culprit && outline(culprit);
    },
    resize(scale) {
      const { documentElement: root, body } = element.contentDocument;
      const height = Math.max(root.offsetHeight, body?.scrollHeight || 0, 200);
      element.style.height = `${height}px`;
      element.style.transform = scale < 1 ? `scale(${scale})` : "";
      clip.style.width = `${width * scale}px`;
      clip.style.height = `${height * scale}px`;
      size.textContent = `${width} px${scale < 1 ? `, at ${Math.round(scale * 100)}%` : ""}`;
    },
  };
}

function style(page, rules) {
  const sheet = page.createElement("style");
  sheet.textContent = rules;
  page.head.append(sheet);
}

function remotePictures(page) {
  return [...page.images].filter((image) => /^https?:/.test(image.getAttribute("src") || "")).length;
}

function words(element) {
  return element.textContent.trim().replace(/\s+/g, " ").slice(0, TRAIL);
}

function above(element) {
  return element.getBoundingClientRect().top;
}

function twins(page, tag, text) {
  return [...page.getElementsByTagName(tag)].filter((element) => words(element) === text);
}

function outline(element) {
  const before = element.getAttribute("style");
  element.style.setProperty("outline", "3px solid #b23309", "important");
  element.style.setProperty("outline-offset", "2px", "important");
  setTimeout(() => (before === null ? element.removeAttribute("style") : element.setAttribute("style", before)), 3000);
}

// Light grounds turn dark and dark letters and borders light; dark grounds and light letters are left alone.
function darken(page) {
  const turns = [];
  for (const element of page.querySelectorAll("html, body, body *")) {
    const now = page.defaultView.getComputedStyle(element);
    turns.push([element, "background-color", turned(now.backgroundColor, (light) => light > 0.5)]);
    turns.push([element, "color", turned(now.color, (light) => light < 0.5)]);
    for (const side of ["top", "right", "bottom", "left"]) {
      if (now[`border-${side}-style`] === "none") continue;
      turns.push([element, `border-${side}-color`, turned(now[`border-${side}-color`], (light) => light < 0.5)]);
    }
  }
  for (const [element, property, colour] of turns) {
    if (colour) element.style.setProperty(property, colour, "important");
  }
  const root = page.defaultView.getComputedStyle(page.documentElement).backgroundColor;
  if (/, 0\)$/.test(root)) page.documentElement.style.setProperty("background-color", "#121212", "important");
}

// The colour with its lightness turned round, or null where it stays; greys keep clear of black.
function turned(colour, applies) {
  const parts = colour.match(/[\d.]+/g)?.map(Number);
  if (!parts || parts[3] === 0) return null;
  const [red, green, blue] = parts.map((part) => part / 255);
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  const light = (most + least) / 2;
  if (!applies(light)) return null;
  const target = light > 0.5 ? 0.07 + (1 - light) * 0.9 : 1 - light * 0.9;
  const span = most - least;
  const saturation = span ? span / (1 - Math.abs(2 * light - 1)) : 0;
  let hue = 0;
  if (span) {
    if (most === red) hue = ((green - blue) / span + 6) % 6;
    else if (most === green) hue = (blue - red) / span + 2;
    else hue = (red - green) / span + 4;
  }
  return `hsl(${hue * 60} ${saturation * 100}% ${target * 100}%)`;
}
