"""Make shuttle.npz and austen_pairs.npz from the originals.

    python data/build.py ROOT [--out DIRECTORY]

ROOT holds the unpacked Debian packages r-cran-mlbench and r-cran-janeaustenr
("/" where they are installed). README.md beside this file describes the result.
"""

import argparse
import bz2
import collections
import io
import itertools
import lzma
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import rdata

SHUTTLE = "usr/lib/R/site-library/mlbench/data/Shuttle.rda"
AUSTEN = "usr/lib/R/site-library/janeaustenr/data/Rdata"
NOVELS = ("sensesensibility", "prideprejudice", "mansfieldpark", "emma", "northangerabbey", "persuasion")
VOCABULARY = 7000
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")


def read_lazy_load(path: Path) -> dict[str, object]:
    """Objects by name from R's lazy-load pair ``path.rdx`` (an index) and ``path.rdb`` (compressed records)."""
    index = rdata.read_rds(path.with_suffix(".rdx"), default_encoding="utf8")
    records = path.with_suffix(".rdb").read_bytes()
    return {
        name: rdata.conversion.convert(
            rdata.parser.parse_data(_unpack(records[start : start + length])), default_encoding="utf8"
        )
        for name, (start, length) in index["variables"].items()
    }


def _unpack(record: bytes) -> bytes:
    (size,) = struct.unpack(">I", record[:4])
    if record[4:5] == b"2":
        data = bz2.decompress(record[5:])
    elif record[4:5] == b"Z":
        data = lzma.decompress(record[5:])
    else:
        data = zlib.decompress(record[4:])
    if len(data) != size:
        raise ValueError(f"a record of the lazy-load file has {len(data)} bytes; its header says {size}")
    return data


def shuttle(root: Path) -> dict[str, np.ndarray]:
    frame = rdata.read_rda(root / SHUTTLE, default_encoding="utf8")["Shuttle"]
    label = frame["Class"]
    names = list(label.cat.categories)
    return {
        "features": frame.drop(columns="Class").to_numpy().astype(np.int16),
        "targets": label.cat.codes.to_numpy().astype(np.uint8),
        "class_names": np.array([re.sub(r"[._]", " ", name) for name in names]),
    }


def tokens(lines: list[str]) -> list[str]:
    """Lower-case runs of letters, inner apostrophes kept; emphasis marks and digits separate words."""
    return WORD.findall("\n".join(lines).lower().replace("’", "'"))


def austen_pairs(root: Path) -> dict[str, np.ndarray]:
    books = read_lazy_load(root / AUSTEN)
    texts = [tokens([str(line) for line in books[name]]) for name in NOVELS]
    frequency = collections.Counter(word for text in texts for word in text)
    words = sorted(sorted(frequency), key=lambda word: -frequency[word])[:VOCABULARY]
    number = {word: i for i, word in enumerate(words)}
    pairs = collections.Counter(
        (number[a], number[b]) for text in texts for a, b in itertools.pairwise(text) if a in number and b in number
    )
    ordered = sorted(pairs)
    return {
        "previous": np.array([a for a, _ in ordered], dtype=np.uint16),
        "next": np.array([b for _, b in ordered], dtype=np.uint16),
        "count": np.array([pairs[pair] for pair in ordered], dtype=np.uint16),
        "words": np.array(words),
    }


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """A compressed npz whose bytes depend on the arrays alone: np.savez_compressed would store the time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    save(arguments.out / "shuttle.npz", shuttle(arguments.root))
    save(arguments.out / "austen_pairs.npz", austen_pairs(arguments.root))


if __name__ == "__main__":
    main()
