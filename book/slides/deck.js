const HEIGHT = 720;
const LEAST = 20; // px of 720: what the last row of a hall can read

function fitWidth(pre) {
  // The longest line decides, down to 20 px; a line that is longer still breaks.
  if (pre.scrollWidth <= pre.clientWidth) return;
  const size = parseFloat(getComputedStyle(pre).fontSize);
  const padding = parseFloat(getComputedStyle(pre).paddingLeft);
  const fitting = (size * (pre.clientWidth - 2 * padding)) / (pre.scrollWidth - padding) - 0.05;
  if (fitting < LEAST) Object.assign(pre.style, { fontSize: `${LEAST}px`, whiteSpace: "pre-wrap", overflowWrap: "anywhere" });
  else if (fitting < size - 0.1) pre.style.fontSize = `${fitting.toFixed(1)}px`;
}

function fitHeight(section) {
  const box = section.querySelector(".fit");
  const style = getComputedStyle(section);
  const above = box.getBoundingClientRect().top - section.getBoundingClientRect().top;
  const free = HEIGHT - above / Reveal.getScale() - parseFloat(style.paddingBottom);
  let zoom = 1;
  // A narrower letter breaks lines elsewhere, so one division is not always enough.
  for (let i = 0; i < 5; i++) {
    const height = box.getBoundingClientRect().height / Reveal.getScale();
    if (height <= free) break;
    zoom *= 0.99 * (free / height);
    box.style.zoom = zoom;
  }
  section.dataset.zoom = zoom.toFixed(2);
}

async function start() {
  // A slide can be fitted to its frame only once its formulas have their size.
  await document.fonts.load('1em "Course formulas"');
  await Reveal.initialize({
    width: 1280,
    height: HEIGHT,
    margin: 0,
    hash: true,
    slideNumber: "c/t",
    controls: false,
    transition: "none",
    viewDistance: 1000,
    mobileViewDistance: 1000,
    plugins: [RevealNotes],
  });
  document.querySelectorAll(".slides pre").forEach(fitWidth);
  document.querySelectorAll(".slides > section").forEach(fitHeight);
  Reveal.layout();
  document.documentElement.dataset.ready = "yes";
}

start();
