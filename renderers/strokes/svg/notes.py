"""Notes: the features of a file that were not understood, each with its first place and its count."""

from __future__ import annotations

from dataclasses import dataclass, field

from renderers.strokes.svg.xml import Node


@dataclass
class Notes:
    """Collects features that were not understood."""

    places: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, node: Node) -> None:
        """Notes something at an element."""
        self.places.setdefault(what, []).append(f"line {node.line} <{node.tag}>")

    def lines(self) -> list[str]:
        """One line for each thing."""
        return [
            f"{what}: {places[0]}" + (f" and {len(places) - 1} more" if len(places) > 1 else "")
            for what, places in self.places.items()
        ]
