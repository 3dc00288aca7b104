"""The concepts of the world: emoji by their Unicode short names, with pictures in six styles."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from training.world.packages import fetch

COLOUR_STYLES = ("noto@1.2.9", "noto-v1@1.2.5", "fluent-emoji@1.2.7", "fluent-emoji-flat@1.2.6", "fxemoji@1.2.2")
CONTRAST_STYLE = "fluent-emoji-high-contrast@1.2.6"
# Styles whose outlines make clean line drawings when the fills are taken away.
OUTLINE_STYLES = ("noto@1.2.9", "noto-v1@1.2.5", "fluent-emoji-flat@1.2.6", "fxemoji@1.2.2")

LEFT_OUT_SUBGROUPS = frozenset(
    ["country-flag", "subdivision-flag", "family", "keycap", "alphanum", "geometric", "skin-tone", "hair-style"]
)
LEFT_OUT_NAMES = re.compile(
    r"o.clock|-thirty|^(?:man|men|woman|women)\b.+|^(?:deaf|pregnant) (?:man|woman)|^Mx |facing right|^flag:"
    r"|^star$|^(?:red|pink|orange|yellow|green|blue|light blue|purple|brown|black|grey|white) heart$"
    r"|^hollow red circle$|^person: |^family"
)


@dataclass(frozen=True)
class Concept:
    """A thing that has a name and pictures.

    Attributes:
        name: lower-case Unicode short name, such as ``red apple``.
        keywords: other words for it that few concepts share.
        icons: style name -> SVG document (colours as the style draws them).
        sided: whether a mirrored picture would be another thing.
    """

    name: str
    keywords: tuple[str, ...]
    icons: dict[str, str]
    sided: bool


def plain(text: str) -> str:
    """Lower case, ASCII only: the form of all names and captions."""
    text = text.replace("\u2019", "'")
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().strip()


def slug(text: str) -> str:
    """The icon name that most collections give to a Unicode short name."""
    return re.sub(r"[^a-z0-9]+", "-", plain(text).replace("'", "")).strip("-")


class Style:
    """One collection of icons, looked up by any of several names."""

    def __init__(self, package: str, cache: Path) -> None:
        folder = fetch(f"@iconify-json/{package}", cache)
        data = json.loads((folder / "icons.json").read_text())
        chars = folder / "chars.json"
        self.chars: dict[str, str] = json.loads(chars.read_text()) if chars.exists() else {}
        self.icons: dict[str, dict[str, float | str]] = data["icons"]
        self.parents = {k: v["parent"] for k, v in data.get("aliases", {}).items() if set(v) == {"parent"}}
        self.squeezed = {name.replace("-", ""): name for name in reversed(list(self.icons))}
        self.size = float(data.get("width", 16)), float(data.get("height", 16))

    def svg(self, names: list[str]) -> str | None:
        """The first icon found under one of the names as an SVG document."""
        for name in names:
            name = self.parents.get(name, name)
            name = name if name in self.icons else self.squeezed.get(name.replace("-", ""), "")
            if name in self.icons:
                icon = self.icons[name]
                width, height = icon.get("width", self.size[0]), icon.get("height", self.size[1])
                box = f"{icon.get('left', 0)} {icon.get('top', 0)} {width} {height}"
                return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{icon["body"]}</svg>'
        return None


def load_concepts(cache: Path) -> list[Concept]:
    """Read all concepts that at least three colour styles draw.

    Args:
        cache: folder of the data packages, filled when empty.

    Returns:
        Concepts in Unicode order.
    """
    base = fetch("emojibase-data@17.0.0", cache)
    subgroups = json.loads((base / "meta" / "groups.json").read_text())["subgroups"]
    entries = json.loads((base / "en" / "data.json").read_text())
    styles = {name: Style(name, cache) for name in (*COLOUR_STYLES, CONTRAST_STYLE)}
    chosen: list[tuple[str, list[str], dict[str, str], bool]] = []
    for entry in sorted(entries, key=lambda e: e.get("order", 10**9)):
        subgroup = subgroups.get(str(entry.get("subgroup")), "")
        if "order" not in entry or subgroup in LEFT_OUT_SUBGROUPS or LEFT_OUT_NAMES.search(entry["label"]):
            continue
        code = entry["hexcode"].lower().replace("-fe0f", "")
        names = [slug(entry["label"])]
        names += [s.chars[code] for s in styles.values() if code in s.chars]
        if "-" not in code:  # older collections use the characters' own names
            names.append(slug(unicodedata.name(chr(int(code, 16)), "")))
        icons = {name: svg for name, s in styles.items() if (svg := s.svg(names))}
        if sum(name in icons for name in COLOUR_STYLES) >= 3:
            name = plain(entry["label"])
            sided = subgroup in ("arrow", "av-symbol") or bool(re.search(r"left|right|forward|reverse", name))
            chosen.append((name, [plain(t) for t in entry.get("tags", [])], icons, sided))
    names_taken = {name for name, *_ in chosen}
    shared: dict[str, int] = {}
    for _, tags, _, _ in chosen:
        for tag in set(tags):
            shared[tag] = shared.get(tag, 0) + 1
    return [
        Concept(name, tuple(t for t in sorted(set(tags)) if shared[t] <= 2 and t not in names_taken), icons, sided)
        for name, tags, icons, sided in chosen
    ]
