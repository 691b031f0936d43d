// What test_site.py asks of a page. Each question returns a list of offenders, empty where all is well.
window.look = (() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const name = (element) => `${element.tagName}.${element.className}: ${(element.innerText || "").slice(0, 60)}`;
  const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
  const inScroller = (element) => {
    for (let e = element; e && e.tagName !== "ARTICLE"; e = e.parentElement)
      if (scrolls(e) && e.matches("pre, .highlight, .math, table, .table-wrapper, .output, .cell_output")) return true;
    return false;
  };

  function channels(colour) {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    const full = colour.startsWith("color(") ? 255 : 1; // a mix of colours has channels from 0 to 1
    return { r: r * full, g: g * full, b: b * full, a };
  }
  function luminance({ r, g, b }) {
    const linear = [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }
  function over(top, below) {
    const mix = (x, y) => x * top.a + y * (1 - top.a);
    return { r: mix(top.r, below.r), g: mix(top.g, below.g), b: mix(top.b, below.b), a: 1 };
  }
  let grounds; // found once for each element of a theme, as thousands share their ancestors
  function background(element) {
    if (!element) return { r: 255, g: 255, b: 255, a: 1 };
    if (!grounds.has(element)) {
      const layer = channels(getComputedStyle(element).backgroundColor);
      grounds.set(element, layer.a === 1 ? layer : over(layer, background(element.parentElement)));
    }
    return grounds.get(element);
  }
  function opacity(element) {
    let product = 1;
    for (let e = element; e; e = e.parentElement) product *= Number(getComputedStyle(e).opacity);
    return product;
  }
  function contrast(element, colour = getComputedStyle(element).color) {
    const ground = background(element);
    const ink = channels(colour);
    const [dark, light] = [luminance(over({ ...ink, a: ink.a * opacity(element) }, ground)), luminance(ground)].sort(
      (x, y) => x - y,
    );
    return (light + 0.05) / (dark + 0.05);
  }
  function isLarge(style) {
    const size = parseFloat(style.fontSize);
    return size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  }

  return {
    openFolds: () => all("article details[open]").length,
    openAll: () => {
      document.body.append(Object.assign(document.createElement("style"), { textContent: "* { animation: none !important; transition: none !important }" }));
      all("article details").forEach((details) => (details.open = true));
    },
    // The words of code and the strokes of figures are most of a page, and tell axe-core nothing but their colours.
    dropColours: () => {
      all(".highlight pre").forEach((pre) => (pre.textContent = pre.textContent));
      all("svg.figure").forEach((figure) => figure.replaceChildren(...figure.querySelectorAll(":scope > title, :scope > desc")));
    },
    rawFormulas: () =>
      all(".math").filter((e) => !e.querySelector("math") || e.querySelector("merror") || e.textContent.includes("\\")).map(name),
    loosePunctuation: () =>
      all("article .math").filter((formula) => {
        let last = formula;
        while (!last.nextSibling && last.parentElement.matches("em, strong, a, span")) last = last.parentElement;
        const next = last.nextSibling;
        if (next?.nodeType !== 3 || !/^[,.;:?!)\]’”]/.test(next.data)) return false;
        const range = new Range();
        range.setStart(next, 0);
        range.setEnd(next, 1);
        return range.getBoundingClientRect().left < formula.getBoundingClientRect().right - 1;
      }).map((formula) => formula.parentElement.textContent.slice(0, 80)),
    brokenHeadings: () => {
      const levels = all(".content h1, .content h2, .content h3, .content h4").map((h) => Number(h.tagName[1]));
      const jumps = levels.filter((level, i) => (i === 0 ? level !== 1 : level === 1 || level > levels[i - 1] + 1));
      return levels.length ? jumps : ["no heading"];
    },
    // Characters in each line of prose that another line follows.
    lineLengths: () =>
      all("article section > p").filter((p) => p.checkVisibility() && !p.querySelector(".math, img")).flatMap((p) => {
        const lines = new Map();
        const range = document.createRange();
        const texts = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
        while (texts.nextNode())
          for (let i = 0; i < texts.currentNode.length; i++) {
            range.setStart(texts.currentNode, i);
            range.setEnd(texts.currentNode, i + 1);
            const line = Math.round(range.getBoundingClientRect().bottom / 12);
            lines.set(line, (lines.get(line) ?? 0) + 1);
          }
        return [...lines.values()].slice(0, -1);
      }),
    poorPictures: () =>
      all("img").filter((image) => {
        const box = image.getBoundingClientRect();
        return !image.alt.trim() || !image.naturalWidth || box.width < 20 || box.height < 20;
      }).map((image) => image.outerHTML.slice(0, 120)),
    overflow: () => {
      const wide = document.documentElement.scrollWidth > innerWidth ? [`page of ${document.documentElement.scrollWidth}`] : [];
      const out = all("article *").filter((e) => {
        const box = e.getBoundingClientRect();
        return box.width > 1 && box.right > innerWidth + 1 && !inScroller(e);
      });
      return [...wide, ...out.map(name)];
    },
    // The contrast of every colour in which a figure is drawn or written, where it stands on paper.
    drawn: () => {
      const found = {};
      grounds = new Map();
      for (const e of all("svg.figure :is(path, use, text)")) {
        const { fill, stroke } = getComputedStyle(e);
        const kind = e.matches("text") ? "text" : "mark";
        if (e.closest(".on-picture, defs, clipPath") || / opacity:|fill-opacity|stroke-opacity/.test(e.outerHTML)) continue;
        const colour = fill === "none" ? stroke : fill;
        if (colour !== "none") found[`${kind} ${e.getAttribute("style")}`] = contrast(e, colour);
      }
      return found;
    },
    unreadable: () =>
      all("svg.figure text").filter((e) => {
        const sizes = [e, ...e.querySelectorAll("tspan")].map((part) => parseFloat(getComputedStyle(part).fontSize));
        const { a, b } = e.getScreenCTM();
        return Math.max(...sizes) * Math.hypot(a, b) < 8.99;
      }).map(name),
    faintText: () => {
      const seen = new Set();
      grounds = new Map();
      return all("body *").filter((e) => {
        const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!own || !e.checkVisibility({ visibilityProperty: true }) || e.closest("svg, style, script, noscript")) return false;
        const style = getComputedStyle(e);
        const key = `${style.color} ${style.fontSize} ${style.fontWeight} ${e.className} ${JSON.stringify(background(e))}`;
        if (seen.has(key)) return false;
        seen.add(key);
        return contrast(e) < (isLarge(style) ? 3 : 4.5);
      }).map((e) => `${contrast(e).toFixed(2)} ${name(e)}`);
    },
  };
})();
