"""Every shipped config runs on a simulated GPU as on the CPU; a process can have but one such device, so in its own.

It runs beside all other tests, see `tests/conftest.py`.
"""

import subprocess
from pathlib import Path

import pytest
import torch


@pytest.mark.skipif(not hasattr(torch._C, "_acc"), reason="this version of torch takes no device from Python")
def test_every_config_runs_on_a_simulated_device(on_simulated_device: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, output = on_simulated_device
    code = process.wait()
    assert code == 0, output.read_text()
