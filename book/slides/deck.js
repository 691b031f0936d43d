// Formulas first: a slide can be fitted to its frame only once they have their size.
const HEIGHT = 720;

function fitWidth(pre) {
  // The longest line decides, down to 14 px; a line that is longer still breaks.
  const size = parseFloat(getComputedStyle(pre).fontSize);
  const fitting = (size * pre.clientWidth) / pre.scrollWidth - 0.05;
  if (fitting < 14) Object.assign(pre.style, { fontSize: "16px", whiteSpace: "pre-wrap", overflowWrap: "anywhere" });
  else if (fitting < size - 0.1) pre.style.fontSize = `${fitting.toFixed(1)}px`;
}

function fitHeight(section) {
  const box = section.querySelector(".fit");
  const style = getComputedStyle(section);
  const free = HEIGHT - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
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

window.MathJax = {
  tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]] },
  options: { enableMenu: false },
  startup: {
    pageReady: async () => {
      await MathJax.startup.defaultPageReady();
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
    },
  },
};
