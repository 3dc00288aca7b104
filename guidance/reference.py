"""Reference: what the views of a step should show, or once showed."""

from __future__ import annotations

from collections.abc import Callable

from guidance.loss import Step
from renderers.frames import Frames

Reference = Callable[[Frames, Step], Frames]
"""The frames of a step -> pictures [1 or S, V, ...] of the same views: photographs, or the scene at the start."""
