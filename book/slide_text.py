"""What of a cell's text a slide has room for. The cuts are made between sentences; what is cut off is the speaker's."""

import re

from book.adapt import FINDING, PREDICT, VERBATIM
from book.course import CourseError

MOST_WORDS = 100
SHORT = 20  # a finding that only announces takes what it announces along
MOST_AT_FIRST = 115  # words of an opening, which are read while people sit down
LEAST_WORDS = 45  # of an answer that follows its question on the same slide
SENTENCE_END = re.compile(r"(?<=[.?!])(?<!et al\.)[\")]*\s+(?=[\"(*[]*[A-Z0-9\ue000])")
# What ends here can stand alone: a sentence, a formula, a list, a table, a heading.
COMPLETE = re.compile(r"([.?!][\")*]*|\$\$|```)$|^(#+ |[-|*] |\d+\. )")


def masked(text: str) -> str:
    """The text with code, formulas and addresses blotted out, in which a full stop ends nothing."""
    return VERBATIM.sub(lambda found: "\ue000" * len(found[0]), text)


def sentences(paragraph: str) -> list[str]:
    """A bold lead such as **What happened.** goes with its first sentence, and a bracket is not broken."""
    text, starts = masked(paragraph), [0]
    for end in SENTENCE_END.finditer(text):
        before = text[starts[-1] : end.end()]
        if before.count("(") == before.count(")"):
            starts.append(end.end())
    return [paragraph[a:b].strip() for a, b in zip(starts, [*starts[1:], len(paragraph)], strict=True)]


def words(markdown: str) -> int:
    """Words that a hall has to read: a formula counts as one, a display not at all."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$|^#+ ", "", markdown, flags=re.S | re.M)
    text = re.sub(r"\]\([^)\n]*\)", "", re.sub(r"\$[^$\n]*\$", "x", text))
    return len([word for word in text.split() if re.search(r"\w", word)])


def units(markdown: str) -> list[str]:
    """Paragraphs, together with the formula or the list without which they would stop in mid-sentence."""
    found: list[str] = []
    for block in filter(None, re.split(r"\n\s*\n", markdown.strip())):
        goes_on = (
            found
            and not found[-1].startswith("#")
            and (
                not COMPLETE.search(found[-1].splitlines()[-1])
                or re.match(r"\$\$|[a-z]", block)
                or (found[-1].endswith("$$") and not re.search(r"\.\s*(\\\]|\$\$)$", found[-1]))
            )
        )
        if goes_on:
            found[-1] += f"\n\n{block}"
        else:
            found.append(block)
    return found


def is_list(unit: str) -> bool:
    return re.match(r"- ", unit) is not None


def first_sentences(text: str, most: int) -> tuple[str, str]:
    """At least one sentence, and more while they are within ``most`` words."""
    whole = sentences(text)
    count = 1
    while count < len(whole) and words(" ".join(whole[: count + 1])) <= most:
        count += 1
    return " ".join(whole[:count]), " ".join(whole[count:])


def shortened(markdown: str, most: int) -> tuple[str, str]:
    """The first units within ``most`` words and the rest; a list keeps all its points, each shortened."""
    if words(markdown) <= most:
        return markdown, ""
    shown: list[str] = []
    rest: list[str] = []
    for unit in units(markdown):
        room = most - sum(map(words, shown))
        if rest or (shown and not unit.startswith("#") and room <= 0):
            rest.append(unit)
        elif words(unit) <= room:
            shown.append(unit)
        elif is_list(unit):
            points = re.split(r"\n(?=- )", unit)
            cut = [first_sentences(point, room // len(points)) for point in points]
            shown.append("\n".join(kept for kept, _ in cut))
            rest += [left for _, left in cut if left]
        elif "$$" in unit or "\n\n" in unit:
            (rest if any(words(one) for one in shown) else shown).append(unit)
        else:
            kept, left = first_sentences(unit, room)
            fits = words(kept) <= room or not any(not one.startswith("#") for one in shown)
            shown += [kept] if fits else []
            rest.append(left if fits else unit)
    return "\n\n".join(shown), "\n\n".join(filter(None, rest))


def opening(markdown: str, most: int) -> tuple[str, str]:
    """Title, question and what one will be able to do. What leads to the question is the speaker's where it is long."""
    shown, mark, rest = markdown.partition("**Before you start.**")
    title, asked, *aims = units(shown)
    parts = sentences(asked)
    cut = next(
        (i for i in range(len(parts) - 1) if words("\n\n".join([title, *parts[i:], *aims])) <= most), len(parts) - 1
    )
    return "\n\n".join([title, " ".join(parts[cut:]), *aims]), "\n\n".join([" ".join(parts[:cut]), mark + rest]).strip()


def question(markdown: str, most: int) -> tuple[str, str]:
    """A prediction with its heading and as much of what leads to it as there is room for, from the last sentence up."""
    all_units = units(markdown)
    first = next(i for i, unit in enumerate(all_units) if PREDICT in unit)
    headings = [unit for unit in all_units[:first] if unit.startswith("#")]
    leads = [unit for unit in all_units[:first] if not unit.startswith("#")]
    asked = all_units[first:]
    cut = next((i for i in range(len(leads)) if words("\n\n".join(leads[i:] + asked)) <= most), len(leads))
    return "\n\n".join(headings + leads[cut:] + asked), "\n\n".join(leads[:cut])


def in_a_row(parts: list[str]) -> str:
    """Sentences as one paragraph, and a formula after one of them on its own."""
    return "".join(("\n\n" if part.startswith("$$") else " ") + part for part in parts).strip()


def chosen(markdown: str, beginnings: list[str]) -> tuple[str, str]:
    """The headings and the sentences with these beginnings; and the rest. "Now…" is a paragraph from "Now" on."""
    shown, rest = [], []
    for unit in units(markdown):
        kept, left, going = [], [], unit.startswith("#")
        for part in [unit] if is_list(unit) else sentences(unit):
            start = next((one for one in beginnings if part.startswith(one.removesuffix("…"))), "")
            (kept if going or start else left).append(part)
            going = going or start.endswith("…")
        shown += [in_a_row(kept)] if kept else []
        rest += [in_a_row(left)] if left else []
    return "\n\n".join(shown), "\n\n".join(rest)


def chosen_lines(output: str, beginnings: list[str]) -> str:
    return "\n".join(line for line in output.splitlines() if line.startswith(tuple(beginnings)))


def check_beginnings(text: str, beginnings: list[str]) -> None:
    """Raises CourseError for a beginning that a cell's text or output no longer has."""
    for beginning in beginnings:
        if beginning.removesuffix("…") not in text:
            raise CourseError(f'"show" in a cell\'s slideshow metadata asks for {beginning!r}, which it does not have')


def narrow(output: str, most: int) -> str:
    """A table of text with two spaces between its columns where three make it too wide."""
    lines = output.splitlines()
    width = max(map(len, lines), default=0)
    if width <= most:
        return output
    blank = [all(line[i : i + 1] in ("", " ") for line in lines) for i in range(width)]
    kept = [i for i in range(width) if not (i > 1 and blank[i] and blank[i - 1] and blank[i - 2])]
    return "\n".join("".join(line[i : i + 1] for i in kept) for line in lines)


def on_slide(markdown: str, most: int) -> tuple[str, str]:
    """What a slide shows of a text, and what the speaker has in the notes."""
    if markdown.startswith("# "):
        return opening(markdown, MOST_AT_FIRST)
    if markdown.startswith(FINDING):
        first, *others = units(markdown)
        while others and words(first) < SHORT:
            first += f"\n\n{others.pop(0)}"
        shown, left = shortened(first, most)
        return shown, "\n\n".join(filter(None, [left, *others]))
    if PREDICT in markdown:
        return question(markdown, most)
    return shortened(markdown, most)
