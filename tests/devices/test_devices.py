"""Every shipped config runs on a simulated GPU as on the CPU, and every kernel compiles for real ones.

In a process of their own, as a process can have but one simulated device.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent


@pytest.mark.skipif(not hasattr(torch._C, "_acc"), reason="this version of torch takes no device from Python")
def test_on_devices() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]
    files = [HERE / "on_simulated.py", HERE / "on_gpus.py"]
    done = subprocess.run([*command, *files], cwd=HERE.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
