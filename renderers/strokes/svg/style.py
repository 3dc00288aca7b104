"""Style: the properties of an element, from attributes, <style> rules and inline style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from limn.errors import InputError
from renderers.strokes.svg.css import Declarations, declarations, rules, split
from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.properties import GEOMETRY, PROPERTIES, spelled_out
from renderers.strokes.svg.values import MalformedError
from renderers.strokes.svg.xml import Node

Style = dict[str, str]
"""The value of every property."""

MOST = 5_000_000
"""Declarations of rules that may be applied to elements, all together."""

_SELECTOR = re.compile(r"(\*|[\w-]+)?((?:[.#][\w-]+)*)")
_NAME = re.compile(r"[.#][\w-]+")
_HARMLESS = ("@charset", "@namespace", "@font-face")


@dataclass(frozen=True)
class Rule:
    """One simple selector and its declarations; ``rank`` is its specificity and its place."""

    tag: str
    names: frozenset[str]
    declarations: Declarations
    rank: tuple[int, int, int, int]


@dataclass
class Sheet:
    """The rules of all <style> elements.

    Args:
        rules: by a name or tag that an element must have to be meant.
        names: all classes and ids that rules ask for.
    """

    rules: dict[str, list[Rule]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    _count: int = 0
    _applied: int = 0
    _known: dict[tuple[str, frozenset[str]], Declarations] = field(default_factory=dict)

    def add(self, node: Node, notes: Notes) -> None:
        """Reads a <style> element."""
        if node.attributes.get("type", "text/css").strip().lower() not in ("", "text/css"):
            return
        for head, body in rules(node.text):
            if head.startswith("@"):
                if not head.lower().startswith(_HARMLESS):
                    notes.add(f"style rule {head.split()[0][:40]}", node, head)
                continue
            found = declarations(body)
            for selector in split(head, ","):
                self._add_rule(selector.strip(), found, node, notes)

    def _add_rule(self, selector: str, found: Declarations, node: Node, notes: Notes) -> None:
        parts = _SELECTOR.fullmatch(selector)
        if parts is None:
            notes.add("style rule with a selector that is not simple", node, selector)
            return
        tag, names = parts[1] or "*", frozenset(_NAME.findall(parts[2]))
        hashes = sum(name.startswith("#") for name in names)
        self._count += 1
        rank = (hashes, len(names) - hashes, int(tag != "*"), self._count)
        self.names |= names
        self.rules.setdefault(min(names, default=tag), []).append(Rule(tag, names, found, rank))

    def style_of(self, node: Node, parent: Style, notes: Notes) -> Style:
        """The properties of an element; those that are not understood are noted.

        Args:
            node: the element.
            parent: the properties of its parent; empty for the root.
            notes: takes what is not understood.
        """
        style = {
            name: parent.get(name, known.initial) if known.inherited else known.initial
            for name, known in PROPERTIES.items()
        }
        given: dict[str, list[str]] = {}
        for name, value in self._given(node, notes):
            given.setdefault(name, []).append(value)
        for name in PROPERTIES:
            for value in given.get(name, ()):
                self._set(style, parent, name, value, node, notes)
            if PROPERTIES[name].foreign and name in given and style[name] != PROPERTIES[name].initial:
                notes.add(name, node, style[name])
        return style

    def _given(self, node: Node, notes: Notes) -> Iterator[tuple[str, str]]:
        """Properties and values, the strongest last."""
        own = declarations(node.attributes["style"]) if "style" in node.attributes else []
        css = [*self._matching(node), *own]
        for name, value in node.attributes.items():
            if name in PROPERTIES and name != "background-color":
                yield name, value.strip()
        for important in (False, True):
            for name, value, strong in css:
                if strong == important:
                    if name in GEOMETRY:
                        notes.add(f"{name} in a style, which is an attribute here", node, value)
                    yield from spelled_out(name, value)

    def _set(self, style: Style, parent: Style, name: str, value: str, node: Node, notes: Notes) -> None:
        known = PROPERTIES[name]
        word = value.lower()
        if word == "inherit" or (word == "unset" and known.inherited):
            style[name] = parent.get(name, known.initial)
        elif word in ("initial", "unset"):
            style[name] = known.initial
        else:
            before = parent if name == "font-size" else style
            try:
                style[name] = known.check(value, float(before.get("font-size", 16.0)))
            except MalformedError:
                notes.add(f"{name} with a value that is not understood, left out", node, value)

    def _matching(self, node: Node) -> Declarations:
        """The declarations of all rules that mean an element, the strongest last."""
        if not self._count:
            return []
        own = {"." + name for name in node.attributes.get("class", "").split()} | {"#" + node.attributes.get("id", "")}
        names = frozenset(own & self.names)
        key = (node.tag, names)
        if key not in self._known:
            groups = [self.rules.get(name, []) for name in (*names, node.tag, "*")]
            meant = [rule for group in groups for rule in group if rule.names <= names and rule.tag in ("*", node.tag)]
            self._known[key] = [one for rule in sorted(meant, key=lambda rule: rule.rank) for one in rule.declarations]
        found = self._known[key]
        self._applied += len(found)
        if self._applied > MOST:
            raise InputError(f"<style>: its rules apply more than {MOST} declarations, expected fewer")
        return found
