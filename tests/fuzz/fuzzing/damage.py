"""Damage: what goes wrong with bytes, with text and with trees of settings."""

from __future__ import annotations

import copy
import datetime
import math
import re
import struct
from collections.abc import Callable
from random import Random
from typing import Any

NUMBERS: list[Any] = [
    *(math.nan, math.inf, -math.inf, 1e308, -1e308, 1e-320, -0.0, 0, -1, 0.5, 1, 2, 3.0),
    *(2**31 - 1, 2**31, 2**32, 2**63, -(2**63), 10**30, -(10**30), 10**400),
]


def words_in(text: str) -> list[str]:
    """The words between bars."""
    return [word.strip() for word in text.split("|")]


WORDS = [
    "",
    " ",
    "\0",
    "\ud800",
    "\x1b[31m",
    "\u202e",
    "a\nb",
    "a" * 300,
    *words_in("""
    x | é | %s{} | nan | null | 1e400 | - | # | ' | : | math:hypot | broken:Thing | raising:Thing | nowhere:Thing |
    broken | ~nosuchuser/x | /dev/null/x | . | none.png | folder | text.txt | broken.py
"""),
]
OTHERS: list[Any] = [
    *(None, True, False, [], {}, [1], [[]], [None], {"a": 1}, {"": {}}, [0, 0, 0, 0], [1, 0], [-1, 2], [math.nan, 1]),
    *({"from": 1, "to": math.nan}, {"from": 0, "to": 1, "start": 1, "end": 0}, {"from": "x"}),
    *(datetime.date(2026, 1, 1), {"loss": "saturation"}, {"loss": ""}, {"saturation": {"weight": math.inf}}),
]
BESIDE: dict[str, bytes | None] = {
    "broken.py": b"class Thing(:\n",
    "raising.py": b"raise RuntimeError('no')\n",
    "text.txt": b"words\n",
    "folder": None,
}
"""Files that some of the words name."""

Path = tuple[Any, ...]


def nasty(random: Random, old: Any = None) -> Any:
    """A value that a setting may not expect; mostly of the kind that it has."""
    kinds: list[list[Any]] = [NUMBERS, WORDS, OTHERS]
    if isinstance(old, int | float) and not isinstance(old, bool) and abs(old) < 1e9:
        kinds = [NUMBERS, NUMBERS, NUMBERS, [-old, 2 * old, old / 3, old + 1], *kinds]
    elif isinstance(old, str):
        kinds = [WORDS, *kinds]
    return copy.deepcopy(random.choice(random.choice(kinds)))


def typo(random: Random, word: str) -> str:
    """A word with a letter wrong."""
    place = random.randrange(len(word) + 1)
    return random.choice(
        [word[:place] + word[place + 1 :], word[:place] + "x" + word[place:], word.upper(), word + "s"]
    )


def paths_of(tree: Any, here: Path = ()) -> list[Path]:
    """The way to everything in a tree of mappings and lists."""
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path for key, value in inside for path in ((*here, key), *paths_of(value, (*here, key)))]


def at(tree: Any, path: Path) -> Any:
    """What is there."""
    for key in path:
        tree = tree[key]
    return tree


def damaged_tree(random: Random, tree: Any, times: int = 1, value: Callable[[Random, Any], Any] = nasty) -> Any:
    """A copy of a tree in which values are replaced, and keys are wrong, gone, doubled or elsewhere."""
    tree = copy.deepcopy(tree)
    for _ in range(times):
        paths = paths_of(tree)
        if not paths:
            break
        *above, key = random.choice(paths)
        place = at(tree, tuple(above))
        change = random.choices(
            ["value", "typo", "gone", "twice", "wrapped", "elsewhere", "deeper"], [10, 1, 2, 1, 1, 1, 1]
        )[0]
        if change == "value":
            place[key] = value(random, place[key])
        elif change == "typo" and isinstance(place, dict):
            place[typo(random, str(key))] = place.pop(key)
        elif change == "gone":
            del place[key]
        elif change == "twice" and isinstance(place, list):
            place.insert(key, copy.deepcopy(place[key]))
        elif change == "wrapped":
            place[key] = random.choice([[place[key]], {"x": place[key]}])
        elif change == "elsewhere":
            place[key] = copy.deepcopy(at(tree, random.choice(paths)))
        elif change == "deeper":
            place[key] = nested(random.choice([5, 60]))
    return tree


def nested(depth: int) -> Any:
    """Mappings in mappings."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def damaged_bytes(random: Random, content: bytes, times: int = 1) -> bytes:
    """Bytes of which some are changed, lost or added."""
    data = bytearray(content)
    for _ in range(times):
        start = random.randrange(len(data) + 1)
        length = random.choice([1, 2, 4, 16, 200])
        piece = data[start : start + length]
        change = random.randrange(8)
        if change == 0 and piece:
            data[start] ^= 1 << random.randrange(8)
        elif change == 1:
            data[start : start + length] = random.randbytes(len(piece))
        elif change == 2:
            del data[start:]
        elif change == 3:
            data[start:start] = random.randbytes(length)
        elif change == 4:
            del data[start : start + length]
        elif change == 5:
            data[start:start] = piece
        elif change == 6:
            data[start : start + length] = bytes(len(piece))
        else:
            number = random.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 65536, 0x7F800000, 0x7FC00000])
            data[start : start + 4] = struct.pack(random.choice("<>") + "I", number)
    return bytes(data)


def damaged_text(random: Random, text: str, times: int = 1, words: list[str] | None = None) -> str:
    """Text in which numbers, words, lines or characters are wrong."""
    for _ in range(times):
        change = random.choice([0, 0, 1, 1, 2, 2, 3, 4, 5, 6])
        lines = text.split("\n")
        row = random.randrange(len(lines))
        if change <= 2:
            found = list(re.finditer(r"-?\d[\d.e+-]*|\w+" if change else r"-?\d[\d.e+-]*", text))
            if found:
                match = random.choice(found)
                new = random.choice(words or [str(number) for number in NUMBERS[:-1]])
                text = text[: match.start()] + new + text[match.end() :]
            continue
        if change == 3:
            del lines[row]
        elif change == 4:
            lines.insert(row, random.choice(lines))
        elif change == 5:
            other = random.randrange(len(lines))
            lines[row], lines[other] = lines[other], lines[row]
        text = "\n".join(lines)
        if change == 6:
            start = random.randrange(len(text) + 1)
            new = random.choice(
                ["\0", "é", "\ufeff", "\t", "\r", "\\", '"', "<", "&", "{", "]", ":", "#", "\x85", "9" * 400]
            )
            text = text[:start] + new + text[start + random.choice([0, 1, 30]) :]
    return text


def encoded(random: Random, text: str) -> bytes:
    """Text as bytes, now and then in an encoding that nobody said."""
    if random.random() < 0.05:
        return random.choice(
            [
                b"\xff\xfe" + text.encode("utf-16-le", "replace"),
                text.encode("latin-1", "replace"),
                b"\xff" + text.encode(errors="replace"),
            ]
        )
    return text.encode("utf-8", "surrogatepass" if random.random() < 0.5 else "replace")
