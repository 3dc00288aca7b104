"""Reference: what the views of a step should show, or once showed."""

from __future__ import annotations

from collections.abc import Callable

from limn.frames import Frames
from limn.step import Step

Reference = Callable[[Frames, Step], Frames]
"""The frames of a step -> pictures [1 or S, V, ...] of the same views: photographs, or the scene at the start."""
