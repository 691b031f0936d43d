"""Change one number, operator or divisor of a notebook at a time, run it, and see whether strict nbval would notice.

    python -m tools.mutate_notebooks [NOTEBOOK ...] [--mutants 8] [--minutes 30] [--seed 0]

An experiment that no change can upset shows nothing. A mutant is noticed when a cell raises that should not, runs
out of time, or prints anything else than is stored; it runs no further than that cell. Imports, figures, f-strings,
exercises, clocks and the bounds of a verdict stay as they are. Exit status 1 where fewer than 90 % are noticed.
"""

import argparse
import ast
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.options import above_zero, at_least_one, notebooks
from tools.run import CUT_SHORT, client_for
from tools.soak import texts

ENOUGH = 0.9
# A mutant may loop for ever, so here a cell has a limit. Unchanged, none takes a tenth of it.
ENDLESS_SECONDS = 600
SWAPS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
WORDS = {"weights": "samples", "samples": "weights", "mean": "sum", "sum": "mean"}
# A cell with one of these is an exercise, a figure, a film or a clock.
UNCHANGED = ("check(", "canvas(", "animate_paths(", "perf_counter(")
# Elsewhere, a statement with one of these draws.
STATEMENTS = (ast.Expr, ast.Assign)
DRAWING = {"plots", "ax", "show", "lines", "points", "bars", "grouped_bars", "heat_table", "note", "titles", "colours"}


@dataclass(frozen=True)
class Mutant:
    cell: int  # index in the notebook
    source: str  # of the cell, changed
    line: str  # the changed line, before and after


def replaced(source: str, line: int, start: int, end: int, old: str, new: str) -> tuple[str, str] | None:
    """``source`` with ``old`` changed between two columns (counted in bytes) of a line, and both versions of it."""
    lines = source.splitlines()
    raw = lines[line - 1].encode()
    part = raw[start:end].decode()
    if part.count(old) != 1:
        return None
    before = lines[line - 1]
    lines[line - 1] = raw[:start].decode() + part.replace(old, new) + raw[end:].decode()
    return "\n".join(lines), f"{before.strip()}  ->  {lines[line - 1].strip()}"


def other_number(value: float) -> str:
    return str(value + max(1, abs(value) // 2)) if isinstance(value, int) else repr(1.5 * value if value else 1.0)


def joins(node: ast.AST) -> bool:
    """Whether this is a string: a changed operator on it could only raise."""
    text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join"
    return text or method or isinstance(node, ast.JoinedStr)


def changes(source: str) -> Iterator[tuple[str, str]]:
    """Every way to change one literal or operator of a cell: the new source and the line before and after."""
    waiting: list[ast.AST] = [ast.parse(source)]
    strings = {id(n) for n in ast.walk(waiting[0]) if isinstance(n, ast.BinOp) and (joins(n.left) or joins(n.right))}
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            continue
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} if isinstance(node, STATEMENTS) else set()
        attributes = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)} if names else set()
        if names & DRAWING or "set_num_threads" in attributes:
            continue
        if isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.Eq | ast.In):
            # Of x < bound the left side is the result, of bound < x < bound the middle.
            waiting.append([node.left, *node.comparators][len(node.ops) > 1])
        else:
            waiting += ast.iter_child_nodes(node)
        found = None
        if isinstance(node, ast.Constant) and node.lineno == node.end_lineno:
            place = (node.lineno, node.col_offset, node.end_col_offset)
            if type(node.value) in (int, float):
                found = replaced(source, *place, ast.get_source_segment(source, node), other_number(node.value))
            elif isinstance(node.value, str) and node.value in WORDS:
                found = replaced(source, *place, node.value, WORDS[node.value])
        elif (
            isinstance(node, ast.BinOp)
            and type(node.op) in SWAPS
            and id(node) not in strings
            and node.left.end_lineno == node.right.lineno
        ):
            place = (node.right.lineno, node.left.end_col_offset, node.right.col_offset)
            found = replaced(source, *place, *SWAPS[type(node.op)])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            found = replaced(source, node.lineno, node.col_offset, node.operand.col_offset, "-", "")
        if found:
            yield found


def mutants(notebook: NotebookNode) -> list[Mutant]:
    """All mutants of the cells before the exercises."""
    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and "## Exercises" in cell.source:
            break
        if cell.cell_type == "code" and not any(word in cell.source for word in UNCHANGED):
            try:
                found += [Mutant(number, *change) for change in changes(cell.source)]
            except SyntaxError:  # a magic command
                continue
    return found


def noticed(path: Path, mutant: Mutant | None) -> str:
    """Why strict nbval would notice this mutant, or nothing."""
    stored, executed = (nbformat.read(path, as_version=4) for _ in range(2))
    if mutant:
        executed.cells[mutant.cell].source = mutant.source
    client = client_for(executed, path.parent)
    client.timeout = ENDLESS_SECONDS
    try:
        with client.setup_kernel(env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}):
            for number, (cell, kept) in enumerate(zip(executed.cells, stored.cells, strict=True)):
                if cell.cell_type == "markdown":
                    continue
                client.execute_cell(cell, number)
                if "nbval-ignore-output" not in cell.metadata.get("tags", []) and texts(cell) != texts(kept):
                    return f"cell {kept.execution_count} prints something else"
    except CUT_SHORT as error:
        return type(error).__name__
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    parser.add_argument("--mutants", type=at_least_one, default=8, help="of each notebook")
    parser.add_argument("--minutes", type=above_zero, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    paths = notebooks(parser, options.notebooks, where="")
    end = time.monotonic() + 60 * options.minutes
    survivors, rows, out_of_time = [], [], False
    for path in paths:
        every = mutants(nbformat.read(path, as_version=4))
        chosen = random.Random(f"{options.seed} {path.stem}").sample(every, min(options.mutants, len(every)))
        if reason := noticed(path, None):
            print(f"{path.stem}: differs without any change ({reason}): run it again before its mutants")
            return 1
        done = killed = 0
        for mutant in chosen:
            if time.monotonic() > end:
                out_of_time = True
                break
            reason = noticed(path, mutant)
            done, killed = done + 1, killed + bool(reason)
            print(f"{path.stem}: {reason or 'SURVIVED'}: {mutant.line}", flush=True)
            if not reason:
                survivors.append(f"{path.stem}, cell at index {mutant.cell}: {mutant.line}")
        rows.append((path.stem, len(every), done, killed))
    print(f"\n{'notebook':<28} possible  run  noticed")
    for stem, possible, done, killed in rows:
        print(f"{stem:<28} {possible:>8}  {done:>3}  {killed:>7}")
    total, total_killed = (sum(row[i] for row in rows) for i in (2, 3))
    print(f"noticed {total_killed} of {total}" + (", stopped by the time limit" if out_of_time else ""))
    print("\n".join(["", "survivors:", *survivors]) if survivors else "no survivor")
    return 0 if total and total_killed >= ENOUGH * total else 1


if __name__ == "__main__":
    sys.exit(main())
