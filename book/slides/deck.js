// Formulas first: a slide can be fitted to its frame only once they have their size.
const HEIGHT = 720;

function fitWidth(pre) {
  // The longest line decides; 11 px is still read from the back row when the frame is projected.
  const size = parseFloat(getComputedStyle(pre).fontSize);
  const excess = pre.scrollWidth / pre.clientWidth;
  if (excess > 1) pre.style.fontSize = `${Math.max(11, Math.floor((size / excess) * 10) / 10)}px`;
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
