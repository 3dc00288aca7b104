"""Style: the properties of an element, from attributes, <style> rules and inline style."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from limn.errors import InputError
from renderers.strokes.svg.css import Declarations, declarations, rules, split
from renderers.strokes.svg.notes import Notes
from renderers.strokes.svg.properties import GEOMETRY, PROPERTIES, spelled_out
from renderers.strokes.svg.values import MalformedError
from renderers.strokes.svg.xml import Node

Style = dict[str, str]
"""The value of every property."""

MOST = 2_000_000
"""Matches of rules and elements, all together."""

_SELECTOR = re.compile(r"(\*|[\w-]+)?((?:[.#][\w-]+)*)")
_NAME = re.compile(r"[.#][\w-]+")
_HARMLESS = ("@charset", "@namespace", "@font-face")
_OWN = {name: known.initial for name, known in PROPERTIES.items() if not known.inherited}
_INITIAL = {name: known.initial for name, known in PROPERTIES.items()}


@dataclass(frozen=True)
class Given:
    """What a rule or an element says of properties, values that make no sense left out."""

    normal: Style
    important: Style


_NOTHING = Given({}, {})
_ATTRIBUTES = frozenset(PROPERTIES) - {"background-color"}
_ORDER = tuple(PROPERTIES)


@dataclass(frozen=True)
class Rule:
    """One simple selector and what it gives; ``rank`` is its specificity and its place."""

    tag: str
    names: frozenset[str]
    given: Given
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
    _matched: int = 0
    _known: dict[tuple[str, frozenset[str]], Given] = field(default_factory=dict)

    def add(self, node: Node, notes: Notes) -> None:
        """Reads a <style> element."""
        if node.attributes.get("type", "text/css").strip().lower() not in ("", "text/css"):
            return
        for head, body in rules(node.text):
            if head.startswith("@"):
                if not head.lower().startswith(_HARMLESS):
                    notes.add(f"style rule {head.split()[0][:40]}", node, head)
                continue
            given = _given(declarations(body), node, notes)
            for selector in split(head, ","):
                self._add_rule(selector.strip(), given, node, notes)

    def _add_rule(self, selector: str, given: Given, node: Node, notes: Notes) -> None:
        parts = _SELECTOR.fullmatch(selector)
        if parts is None:
            notes.add("style rule with a selector that is not simple", node, selector)
            return
        tag, names = parts[1] or "*", frozenset(_NAME.findall(parts[2]))
        hashes = sum(name.startswith("#") for name in names)
        self._count += 1
        rank = (hashes, len(names) - hashes, int(tag != "*"), self._count)
        self.names |= names
        self.rules.setdefault(min(names, default=tag), []).append(Rule(tag, names, given, rank))

    def style_of(self, node: Node, parent: Style, notes: Notes) -> Style:
        """The properties of an element; those that are not understood are noted.

        Args:
            node: the element.
            parent: the properties of its parent; empty for the root.
            notes: takes what is not understood.

        Raises:
            InputError: too many rules apply to too many elements.
        """
        own = _given(declarations(node.attributes["style"]), node, notes) if "style" in node.attributes else _NOTHING
        rules = self._matching(node)
        plain = [(name, value.strip(), False) for name, value in node.attributes.items() if name in _ATTRIBUTES]
        given = _given(plain, node, notes).normal | rules.normal | own.normal | rules.important | own.important
        style = (parent or _INITIAL) | _OWN
        for name in _ORDER:
            if name in given:
                style[name] = _value(name, given[name], parent or _INITIAL, style["font-size"])
                if PROPERTIES[name].foreign and style[name] != PROPERTIES[name].initial:
                    notes.add(name, node, style[name])
        return style

    def _matching(self, node: Node) -> Given:
        """What all rules that mean an element say together."""
        if not self._count:
            return _NOTHING
        own = {"." + name for name in node.attributes.get("class", "").split()} | {"#" + node.attributes.get("id", "")}
        names = frozenset(own & self.names)
        key = (node.tag, names)
        if key not in self._known:
            groups = [self.rules.get(name, []) for name in (*names, node.tag, "*")]
            self._matched += sum(map(len, groups))
            if self._matched > MOST:
                raise InputError(f"<style>: more than {MOST} pairs of rules and elements, expected fewer")
            meant = [one for group in groups for one in group if one.names <= names and one.tag in ("*", node.tag)]
            found = self._known[key] = Given({}, {})
            for rule in sorted(meant, key=lambda rule: rule.rank):
                found.normal.update(rule.given.normal)
                found.important.update(rule.given.important)
        return self._known[key]


def _given(found: Declarations, node: Node, notes: Notes) -> Given:
    """Checks declarations; the last one of a property that makes sense holds."""
    given = Given({}, {})
    for declared, text, important in found:
        if declared in GEOMETRY:
            notes.add(f"{declared} in a style, which is an attribute here", node, text)
        for name, value in spelled_out(declared, text):
            if name in PROPERTIES:
                try:
                    _value(name, value, _INITIAL, "16")
                except MalformedError:
                    notes.add(f"{name} with a value that is not understood, left out", node, value)
                else:
                    (given.important if important else given.normal)[name] = value
    return given


def _value(name: str, value: str, parent: Style, font_size: str) -> str:
    """The value of a property as children take it over."""
    known, word = PROPERTIES[name], value.lower()
    if word == "inherit" or (word == "unset" and known.inherited):
        return parent[name]
    if word in ("initial", "unset"):
        return known.initial
    return known.check(value, float(parent["font-size"] if name == "font-size" else font_size))
