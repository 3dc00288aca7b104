"""Every shipped config runs on a simulated GPU as on the CPU, and every kernel compiles for real ones.

In a process of their own, as a process can have but one simulated device; it runs beside all other tests, see
`tests/conftest.py`.
"""

import subprocess
from pathlib import Path

import pytest
import torch


@pytest.mark.skipif(not hasattr(torch._C, "_acc"), reason="this version of torch takes no device from Python")
def test_on_devices(on_devices: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, output = on_devices
    code = process.wait()
    assert code == 0, output.read_text()
