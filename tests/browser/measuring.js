// What a reader would stumble over, measured in the page as it is drawn. See measuring.py for what each returns.
(() => {
  const channels = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  };

  const over = ([red, green, blue, alpha], below) =>
    [red, green, blue].map((value, at) => alpha * value + (1 - alpha) * below[at]);

  // The colour behind a node: the grounds of it and of all it stands in, laid over each other on white paper.
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const layer = channels(getComputedStyle(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255]);
  };

  // invert(1) hue-rotate(180deg), as Filter Effects Module 1 defines the two.
  const turned = (colour) => {
    const [red, green, blue] = colour.map((value) => 255 - value);
    return [
      -0.574 * red + 1.43 * green + 0.144 * blue,
      0.426 * red + 0.43 * green + 0.144 * blue,
      0.426 * red + 1.43 * green - 0.856 * blue,
    ].map((value) => Math.min(255, Math.max(0, value)));
  };

  // WCAG 2.2, definition of relative luminance.
  const luminance = (colour) =>
    colour
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);

  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const words = (element) => element.textContent.replace(/\s+/g, " ").trim().slice(0, 60);

  // Every element that shows text of its own, with the first of that text.
  const speaking = () => {
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      const owner = text.parentElement;
      if (!text.data.trim() || !owner.getClientRects().length || found.has(owner)) continue;
      if (getComputedStyle(owner).visibility === "visible") found.set(owner, text.data.trim().slice(0, 60));
    }
    return [...found];
  };

  const lowest = (pairs) => pairs.reduce((low, pair) => (pair[0] < low[0] ? pair : low), [99, ""]);

  const worstContrast = (inverted) =>
    lowest(
      speaking().map(([owner, text]) => {
        const below = ground(owner);
        const colours = [over(channels(getComputedStyle(owner).color), below), below];
        return [contrast(...(inverted ? colours.map(turned) : colours)), text];
      }),
    );

  const smallestText = () =>
    lowest(speaking().map(([owner, text]) => [parseFloat(getComputedStyle(owner).fontSize), text]));

  const box = (element) => {
    for (let at = element; ; at = at.parentElement) {
      if (getComputedStyle(at).display !== "inline") return at;
    }
  };

  // A box that ends a word in "…" says that there is more; one that spills or cuts does not.
  const clipped = () =>
    [...new Set(speaking().map(([owner]) => box(owner)))]
      .filter((cell) => getComputedStyle(cell).textOverflow !== "ellipsis")
      .filter((cell) => {
        const hides = getComputedStyle(cell).overflowY !== "visible";
        return cell.scrollWidth > cell.clientWidth || (hides && cell.scrollHeight > cell.clientHeight);
      })
      .map(words);

  // WCAG 2.2, 2.5.8: 24 by 24 px, unless it stands in a sentence, or a circle of 24 px round it meets no other.
  const SMALLEST_TARGET = 24;

  const inSentence = (target) => {
    const around = box(target.parentElement).cloneNode(true);
    for (const link of around.querySelectorAll("a[href]")) link.remove();
    return /\p{L}/u.test(around.textContent);
  };

  const smallTargets = () => {
    const targets = [...document.querySelectorAll("a[href], button, input, select, summary")]
      .map((element) => ({ element, at: element.getBoundingClientRect() }))
      .filter(({ at }) => at.width && at.height)
      .map((target) => ({
        ...target,
        x: target.at.x + target.at.width / 2,
        y: target.at.y + target.at.height / 2,
        small: Math.min(target.at.width, target.at.height) < SMALLEST_TARGET,
      }));
    const near = (one, other) => {
      if (other.small) return Math.hypot(one.x - other.x, one.y - other.y) < SMALLEST_TARGET;
      const across = Math.max(other.at.left - one.x, one.x - other.at.right, 0);
      const down = Math.max(other.at.top - one.y, one.y - other.at.bottom, 0);
      return Math.hypot(across, down) < SMALLEST_TARGET / 2;
    };
    return targets
      .filter((one) => one.small && !inSentence(one.element))
      .filter((one) => targets.some((other) => other !== one && near(one, other)))
      .map(({ element }) => words(element));
  };

  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

  return { clipped, overflow, smallTargets, smallestText, worstContrast };
})()
