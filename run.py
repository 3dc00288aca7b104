"""Limn's command line in a clone: ``python run.py configs/sketch.yaml target=photo.jpg``; the same as ``limn``."""

from __future__ import annotations

import sys

from pipelines.cli.main import console

if __name__ == "__main__":
    sys.exit(console())
