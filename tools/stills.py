"""Draw each figure that moves once, for where nothing moves: pictures and their words, into helpers/moving.

    python -m tools.stills

By Chromium and by the figure's own module, so that a still shows what the figure shows. On paper, without its controls.
"""

import argparse
import io
import json
import sys

from PIL import Image
from playwright.sync_api import Page

from book.browser import NoBrowserError, chromium
from helpers.moving import FIGURES, STILLS, data_of, module, picture
from helpers.moving.widget import WHERE

WIDTH = 800  # CSS pixels: two panels side by side
DENSITY = 1.5
COLOURS = 256  # fewer would draw level lines into the smooth loss
# What a reader would have moved before the picture is taken: values of sliders, all of them logarithmic.
MOVED: dict[str, dict[str, float]] = {"descent": {"k": 84}, "clouds": {"ratio": 10, "scale": 100}}
PAGE = """<!doctype html><html lang="en"><style>
body {{ margin: 0; padding: 0 12px; background: #ffffff; color: #000000; font: 14px/1.45 "DejaVu Sans", sans-serif }}
#here .moving {{ border: 0; margin: 0; padding: 10px 0 }}
#here .moving text {{ font-family: inherit }}
#here .m-controls {{ margin-bottom: 10px }}
#here .m-controls label {{ justify-content: start }}
#here .m-controls span::after {{ content: ":" }}
#here .m-controls div:has(:is(select, input[type="text"])) {{ display: flex; gap: 1rem }}
#here input[type="range"] {{ display: none }}
#here :is(select, input[type="text"]) {{ appearance: none; border: 0; padding: 0; min-height: 0; width: auto;
  font-weight: 600 }}
#here .m-reading {{ min-height: 0 }}
.where {{ margin: 0 0 12px; color: #5a5a5a; font-style: italic }}
</style><body data-theme="light"><main id="here"></main><p class="where">{where}</p><script type="module">{module}
const el = document.getElementById("here");
render({{ model: {{ data: {data} }}, el }});
const [reading, moved] = [el.querySelector(".m-reading"), {moved}];
const before = reading.textContent;
for (const [name, value] of Object.entries(moved)) {{
  const slider = el.querySelector(`[id^="m-${{name}}-"]`);
  slider.value = Math.log10(value);
  slider.dispatchEvent(new Event("input"));
}}
window.isDrawn = () => !Object.keys(moved).length || reading.textContent !== before;
</script></body></html>"""


def draw(page: Page, name: str) -> tuple[Image.Image, str]:
    """The still of a figure, and what it says in words. ``page`` is WIDTH wide."""
    moved = json.dumps(MOVED.get(name, {}))
    page.set_content(PAGE.format(module=module(name), data=data_of(name), moved=moved, where=WHERE))
    page.wait_for_function("isDrawn()")
    words = page.locator(".m-reading").inner_text()
    return Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB"), words


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    words = {}
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": 100}, device_scale_factor=DENSITY)
        for name in FIGURES:
            image, words[name] = draw(page, name)
            image.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE).save(
                picture(name), optimize=True
            )
            print(f"{name}: {picture(name).stat().st_size / 1000:.0f} kB")
    STILLS.write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except NoBrowserError as error:
        sys.exit(str(error))
