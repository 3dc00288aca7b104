"""Compute: where and how precisely networks compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class Compute:
    """Where and how precisely networks compute.

    Args:
        device: as torch names it.
        precision: of weights and activations; ``auto`` takes what is faster on this machine.
    """

    device: str = "cpu"
    precision: Precision = "auto"
