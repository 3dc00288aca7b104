"""Style: the paint properties of an element, from attributes, <style> rules and inline style."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.xml import Node

# What children take over, with its initial value.
INHERITED = {
    "fill": "black",
    "fill-opacity": "1",
    "fill-rule": "nonzero",
    "stroke": "none",
    "stroke-width": "1",
    "stroke-opacity": "1",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
    "stroke-dasharray": "none",
    "color": "black",
    "visibility": "visible",
    "paint-order": "normal",
    "marker": "none",
    "marker-start": "none",
    "marker-mid": "none",
    "marker-end": "none",
}
OWN = {
    "opacity": "1",
    "display": "inline",
    "clip-path": "none",
    "mask": "none",
    "filter": "none",
    "mix-blend-mode": "normal",
    "vector-effect": "none",
}
# Properties that change the picture in ways that are not understood, unless they have their initial value.
FOREIGN = (
    *("clip-path", "mask", "filter", "mix-blend-mode", "vector-effect", "paint-order", "stroke-dasharray"),
    *("marker", "marker-start", "marker-mid", "marker-end"),
)
SELECTOR = re.compile(r"(\*|[\w-]+)?((?:[.#][\w-]+)*)")


@dataclass(frozen=True)
class Rule:
    """One simple selector and its declarations."""

    tag: str
    names: tuple[str, ...]
    declarations: dict[str, str]
    rank: tuple[int, int, int]

    def matches(self, node: Node) -> bool:
        """True if the rule applies to this element."""
        own = {"." + name for name in node.attributes.get("class", "").split()} | {"#" + node.attributes.get("id", "")}
        return self.tag in ("", "*", node.tag) and own.issuperset(self.names)


@dataclass
class Sheet:
    """The rules of all <style> elements, weakest first."""

    rules: list[Rule] = field(default_factory=list)

    def add(self, node: Node, notes: Notes) -> None:
        """Reads a <style> element."""
        text = re.sub(r"/\*.*?\*/", "", node.text, flags=re.DOTALL)
        for selectors, body in re.findall(r"([^{}]*)\{((?:[^{}]|\{[^{}]*\})*)\}", text):
            for selector in selectors.split(","):
                found = SELECTOR.fullmatch(selector.strip())
                if found is None or "{" in body:
                    notes.add(f"style rule {' '.join(selector.split())!r}", node)
                    continue
                names = tuple(re.findall(r"[.#][\w-]+", found[2]))
                hashes = sum(name.startswith("#") for name in names)
                rank = (hashes, len(names) - hashes, int(found[1] not in (None, "*")))
                self.rules.append(Rule(found[1] or "", names, declarations(body), rank))
        self.rules.sort(key=lambda rule: rule.rank)

    def style_of(self, node: Node, parent: dict[str, str], notes: Notes) -> dict[str, str]:
        """The properties of an element; those that are not understood are noted.

        Args:
            node: the element.
            parent: the properties of its parent.
            notes: takes what is not understood.
        """
        style = {name: parent.get(name, initial) for name, initial in INHERITED.items()} | OWN
        given = {name: value.strip() for name, value in node.attributes.items() if name in style}
        for rule in self.rules:
            if rule.matches(node):
                given |= rule.declarations
        given |= declarations(node.attributes.get("style", ""))
        for name, value in given.items():
            if name in style and value != "inherit":
                style[name] = value
            elif name in style:
                style[name] = parent.get(name, style[name])
        for name in FOREIGN:
            if name in given and given[name] not in (INHERITED | OWN)[name]:
                notes.add(f"{name} {given[name]!r}", node)
        return style


def declarations(text: str) -> dict[str, str]:
    """``name: value; ...`` as a dictionary."""
    pairs = (part.split(":", 1) for part in text.split(";") if ":" in part)
    return {name.strip(): value.replace("!important", "").strip() for name, value in pairs}
