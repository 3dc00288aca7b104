"""Colours by name."""

from __future__ import annotations

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.89, 0.10, 0.11),
    "orange": (1.0, 0.55, 0.0),
    "yellow": (1.0, 0.87, 0.10),
    "green": (0.13, 0.63, 0.20),
    "blue": (0.12, 0.32, 0.88),
    "purple": (0.52, 0.14, 0.72),
    "pink": (1.0, 0.52, 0.74),
    "brown": (0.48, 0.28, 0.12),
    "black": (0.04, 0.04, 0.04),
    "white": (0.98, 0.98, 0.98),
    "grey": (0.55, 0.55, 0.55),
    "cyan": (0.10, 0.80, 0.88),
}
"""Colours in 0..1 by name. Shipped weights depend on their order."""
