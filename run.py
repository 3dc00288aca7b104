"""Limn's command line: ``python run.py configs/sketch.yaml target=photo.jpg``; ``python run.py --help`` says more."""

from __future__ import annotations

import sys


def explain(error: BaseException | None) -> str | None:
    """One line for a torch and a torchvision that do not fit each other; None for any other error."""
    while error is not None:
        text = str(error)
        if "torchvision" in text and any(
            sign in text for sign in ("operator torchvision::", "undefined symbol", "CUDA")
        ):
            return (
                "torch and torchvision do not match; install both from the same place: "
                "pip install --force-reinstall torch torchvision"
            )
        error = error.__cause__ or error.__context__
    return None


def main() -> int:
    """Runs the command of ``sys.argv``."""
    try:
        from pipelines.cli.commands import main as command

        return command(sys.argv[1:])
    except (ImportError, OSError, RuntimeError) as error:
        line = explain(error)
        if line is None:
            raise
        print(f"limn: {line}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
