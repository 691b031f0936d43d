"""What a fold of the site holds, and which code is folded because its figure is the point."""

import re

from nbformat import NotebookNode

# A cell that defines or prints something before it draws is more than the code of its figure.
MORE_THAN_A_FIGURE = re.compile(r"^(?:def |print\(|table\()", re.M)
VERDICT = re.compile(r"^rule\(", re.M)
ERROR = re.compile(r"^\w+(?:Error|Warning|Exception): ", re.M)


def kinds(cell: NotebookNode) -> set[str]:
    """The kinds of what a cell shows, such as "image/png"; "stream" for what it prints."""
    return {kind for output in cell.outputs for kind in output.get("data", {output.output_type: ""})}


def shows_figure(cell: NotebookNode) -> bool:
    return any(kind.startswith("image/") for kind in kinds(cell))


def contents(cell: NotebookNode) -> str:
    """What the outputs of a cell are, in words that do not tell whether what the reader predicted came."""
    if verdicts := VERDICT.findall(cell.source):
        return "the check and its verdict" if len(verdicts) == 1 else "the checks and their verdicts"
    printed = "".join(output.get("text", "") for output in cell.outputs)
    found = ["the figure"] if shows_figure(cell) else []
    if {"text/markdown", "text/html"} & kinds(cell) or (printed and "table(" in cell.source):
        found.append("the table")
    elif printed:
        numbers = re.search(r"\d", printed) and not ERROR.search(printed)
        found.append("the numbers" if numbers else "the outcome")
    return " and ".join(found) or "the result"


def name_fold(cell: NotebookNode) -> None:
    """Say what a fold of the cell holds, in place. The code of a figure in sight becomes a fold of one line."""
    tags = cell.metadata.get("tags", [])
    if {"hide-cell", "hide-output"} & set(tags):
        words = contents(cell)
    elif shows_figure(cell) and not MORE_THAN_A_FIGURE.search(cell.source.partition("canvas(")[0]):
        cell.metadata["tags"] = [*tags, "hide-input"]
        words = f"the code of the figure, {len(cell.source.splitlines())} lines"
    else:
        return
    prompts = {"code_prompt_show": f"Show {words}", "code_prompt_hide": f"Hide {words}"}
    cell.metadata["mystnb"] = cell.metadata.get("mystnb", {}) | prompts
