"""A figure for a slide: its letters are such as the last row reads, and what is drawn makes room for them.

Enlarged as a whole, a figure wider than a slide would stay too small. So its panels become narrower or lower, as
matplotlib would have drawn them on a smaller canvas, and letters, dots and margins keep their size.
"""

import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from book.figures import LINK, SIZE, SVG, TEXTS

WIDTH, HEIGHT = 1280, 612  # px, what a slide has for a figure
LEAST = 20  # px of the smallest letters; exponents and indices may be smaller
BEYOND_MARKER = 30  # points; a shape that reaches further is an area, drawn where its data are
RISE = 0.36  # of their size, from the line of the letters to their middle
BESIDE = 8  # points, what a frame keeps between its text and itself
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

Span = tuple[float, float]
Move = Callable[[float], float]


def numbers(text: str | None) -> list[float]:
    return [float(number) for number in NUMBER.findall(text or "")]


def short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def squeeze(elastic: list[Span], total: float, room: float) -> Move:
    """Where a place goes if ``total`` has to fit into ``room`` and only ``elastic`` gives way."""
    share = max(0.0, total - room) / sum(end - start for start, end in elastic)
    return lambda place: place - share * sum(max(0.0, min(place, end) - start) for start, end in elastic)


def panels(root: Element) -> list[tuple[Span, Span]]:
    """Those whose paper is drawn: a rectangle, the first thing in its group."""
    found = (numbers(path.get("d")) for path in root.findall(f"{SVG}g/{SVG}g/{SVG}g[1]/{SVG}path"))
    return [((min(xs), max(xs)), (min(ys), max(ys))) for xs, ys in ((n[::2], n[1::2]) for n in found if len(n) == 8)]


def points(text: Element) -> float:
    return max(float(size) for part in text.iter() for size in SIZE.findall(part.get("style", "")))


def width(text: Element) -> float:
    """Of a line, or of pieces with indices and exponents, each of which has its place."""
    ends = []
    for part in list(text) or [text]:
        places = numbers(part.get("x")) if part is not text else [0.0]
        letters = (part.text or "")[len(places) - 1 :]
        weight = "bold" if "font-weight: 700" in text.get("style", "") else "normal"
        font = FontProperties(family="DejaVu Sans", weight=weight, size=points(part))
        ends.append(places[-1] + text_to_path.get_text_width_height_descent(letters, font, ismath=False)[0])
    return max(ends)


def move_text(text: Element, holder: Element, left_edges: set[float], end: float, to_x: Move, to_y: Move) -> None:
    """``holder`` says where the text is: its group or itself. What matplotlib has not anchored is held in its middle.

    A long title above a narrow panel at the right goes left, up to the ``end`` of the figure.
    """
    anchored = holder.get("x") is not None
    turn = holder.get("transform", "")
    x, y = numbers(holder.get("x"))[:1] + numbers(holder.get("y"))[:1] if anchored else numbers(turn)[:2]
    held = 0.0 if anchored or any(abs(x - edge) < 1 for edge in left_edges) else 0.5
    ahead, rise = held * width(text), RISE * points(text)
    if "rotate(-90" in turn:
        x, y = to_x(x - rise) + rise, to_y(y - ahead) + ahead
    else:
        x, y = to_x(x + ahead) - ahead, to_y(y - rise) + rise
        x = min(x, end - width(text)) if "text-anchor: start" in text.get("style", "") else x
    if anchored:
        holder.set("x", short(x))
        holder.set("y", short(y))
        if turn:
            holder.set("transform", f"rotate(-90 {short(x)} {short(y)})")
    else:
        holder.set("transform", re.sub(r"translate\([^)]*\)", f"translate({short(x)} {short(y)})", turn))


def move_image(image: Element, to_x: Move, to_y: Move) -> None:
    """Cells are laid out by a matrix; a crowd of dots stands in a rectangle, upside down."""
    wide, high = (numbers(image.get(name))[0] for name in ("width", "height"))
    if image.get("transform", "").startswith("matrix"):
        across, _, _, down, x, y = numbers(image.get("transform"))
        left, right, top, bottom = to_x(x), to_x(x + across * wide), to_y(y), to_y(y + down * high)
        matrix = [(right - left) / wide, 0, 0, (bottom - top) / high, left, top]
        image.set("transform", f"matrix({' '.join(map(short, matrix))})")
        return
    x, y = numbers(image.get("x"))[0], -numbers(image.get("y"))[0]
    left, right, top, bottom = to_x(x), to_x(x + wide), to_y(y), to_y(y + high)
    places = {"x": left, "y": -top, "width": right - left, "height": bottom - top}
    image.attrib.update({name: short(place) for name, place in places.items()})
    image.set("transform", f"scale(1 -1) translate(0 -{short(bottom - top)})")
    image.set("preserveAspectRatio", "none")


def move_path(path: Element, to_x: Move, to_y: Move, below: float = 0) -> None:
    """``below`` is where what uses the path puts its zero."""

    def moved(pair: re.Match[str]) -> str:
        return f"{short(to_x(float(pair[1])))} {short(to_y(float(pair[2]) + below) - below)}"

    path.set("d", re.sub(rf"({NUMBER.pattern}) ({NUMBER.pattern})", moved, path.get("d", "")))


def move_drawing(root: Element, to_x: Move, to_y: Move) -> None:
    used = {use.get(LINK, "")[1:]: use for use in root.iter(f"{SVG}use")}
    areas = set()
    for path in root.iter(f"{SVG}path"):
        use = used.get(path.get("id", ""))
        if use is None:
            move_path(path, to_x, to_y)
        elif max(map(abs, numbers(path.get("d")))) > BEYOND_MARKER:
            move_path(path, to_x, to_y, below=numbers(use.get("y"))[0])
            areas.add(use)
    for use in root.iter(f"{SVG}use"):
        if use not in areas:
            for name, move in (("x", to_x), ("y", to_y)):
                use.set(name, short(move(numbers(use.get(name))[0])))
    for rect in root.iter(f"{SVG}rect"):
        for start, length, move in (("x", "width", to_x), ("y", "height", to_y)):
            first, extent = numbers(rect.get(start))[0], numbers(rect.get(length))[0]
            rect.set(start, short(move(first)))
            rect.set(length, short(move(first + extent) - move(first)))
    for image in root.iter(f"{SVG}image"):
        move_image(image, to_x, to_y)


def between_frames(root: Element, total: float) -> list[Span]:
    """What of the width of a diagram is free of its frames: there its arrows are."""
    texts = [(numbers(text.get("transform"))[0], text) for text in root.iter(TEXTS[0]) if text.get("transform")]
    frames = [(start - BESIDE, start + width(text) + BESIDE) for start, text in texts]
    taken = merged([(0, BESIDE), *frames, (total - BESIDE, total)])
    return [(before[1], after[0]) for before, after in pairwise(taken)]


def projected(svg: str) -> str:
    """``svg`` laid out for a slide, so that at the size of a slide no letter has fewer than LEAST pixels."""
    root = ElementTree.fromstring(svg)
    parents = {child: parent for parent in root.iter() for child in parent}
    wide, high = (numbers(root.get(name))[0] for name in ("width", "height"))
    drawn = panels(root)
    across = merged(x for x, _ in drawn) or between_frames(root, wide)
    along = merged(y for _, y in drawn) or [(0.0, high)]
    texts = list(root.iter(TEXTS[0]))
    point = LEAST / min(map(points, texts))  # in pixels
    to_x, to_y = squeeze(across, wide, WIDTH / point), squeeze(along, high, HEIGHT / point)
    move_drawing(root, to_x, to_y)
    for text in texts:
        holder = text if text.get("x") is not None or text.get("transform") else parents[text]
        move_text(text, holder, {x[0] for x, _ in drawn}, to_x(wide) - BESIDE / 2, to_x, to_y)
    new = short(to_x(wide)), short(to_y(high))
    root.attrib.update({"width": f"{new[0]}pt", "height": f"{new[1]}pt", "viewBox": f"0 0 {new[0]} {new[1]}"})
    return ElementTree.tostring(root, encoding="unicode")
