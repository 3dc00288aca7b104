"""Conditional processing: what is drawn only for some readers (SVG 2, section 5.8)."""

from __future__ import annotations

from renderers.strokes.svg.xml import Node

LANGUAGE = "en"


def applies(node: Node) -> bool:
    """True if an element is meant for readers of English who have no extensions."""
    languages = node.attributes.get("systemLanguage")
    if languages is not None and not any(word.strip().split("-")[0] == LANGUAGE for word in languages.split(",")):
        return False
    return not node.attributes.get("requiredExtensions", "").strip()
