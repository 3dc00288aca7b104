from __future__ import annotations

import logging
import os
import pty
import sys
import termios

import pytest
import torch
from pixels import Near, Pixels

from guidance import Objective
from pipelines import Settings
from pipelines.loop.callbacks import Progress
from pipelines.loop.optimise import optimise


def go(progress: Progress) -> None:
    objective = Objective({"near": Near(torch.zeros(1, 3, 4, 4))})
    optimise(Pixels(torch.rand(1, 3, 4, 4)), objective, Settings(30), [progress])


def test_lines_where_there_is_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "limn"):
        go(Progress(seconds=0.0))
    assert len(caplog.messages) == 31
    assert caplog.messages[0].startswith("step 1 of 30, loss 0.")
    assert caplog.messages[0].endswith(" s left")


def test_few_lines_unless_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "limn"):
        go(Progress())
    assert len(caplog.messages) == 1


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    outside, inside = pty.openpty()
    termios.tcsetwinsize(inside, (24, 80))
    os.set_blocking(outside, False)
    with os.fdopen(inside, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        go(Progress())
        terminal.flush()
        shown = os.read(outside, 1 << 16).decode()
    os.close(outside)
    assert "0/30" in shown
    assert "step" in shown
