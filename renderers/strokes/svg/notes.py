"""Notes: the features of a file that were not understood, each with an example, its first place and its count."""

from __future__ import annotations

from dataclasses import dataclass, field

from renderers.strokes.svg.values import shortened
from renderers.strokes.svg.xml import Node


@dataclass
class Notes:
    """Collects features that were not understood."""

    found: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, node: Node, example: str = "") -> None:
        """Notes a feature at an element.

        Args:
            what: the feature, in words that are the same wherever it occurs.
            node: where.
            example: what stands there.
        """
        said = f" ({shortened(example)})" if example else ""
        self.found.setdefault(what, f"{what}{said}: line {node.line} <{shortened(node.tag)[1:-1]}>")
        self.counts[what] = self.counts.get(what, 0) + 1

    def lines(self) -> list[str]:
        """One line for each feature."""
        return [
            line + (f" and {self.counts[what] - 1} more" if self.counts[what] > 1 else "")
            for what, line in self.found.items()
        ]
