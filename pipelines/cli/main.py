"""The command line: ``limn sketch target=photo.jpg``; ``limn`` alone says more."""

from __future__ import annotations

import errno
import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from limn.errors import InputError, short
from limn.registry import suggestion
from limn.user_code import lines_in_user_code
from pipelines.config.shipped import shipped_pipelines
from pipelines.loop.interrupt import SIGNALS, Interrupt, interruptible

COMMANDS = {
    "run": "pipelines.cli.runs:run_pipeline",
    "look": "pipelines.cli.look:look",
    "resume": "pipelines.cli.runs:resume_run",
    "export": "pipelines.cli.runs:export_run",
    "status": "pipelines.cli.runs:show_status",
    "batch": "pipelines.cli.batch:batch",
    "evaluate": "pipelines.cli.evaluate:evaluate_results",
    "statistics": "pipelines.cli.statistics:make_statistics",
    "gallery": "pipelines.cli.gallery:write_page",
    "serve": "pipelines.cli.serve:serve_folder",
    "caption": "pipelines.cli.caption:caption_results",
    "explain": "pipelines.cli.explain:explain_run",
    "list": "pipelines.cli.listing:list_parts",
    "help": "pipelines.cli.help:show_help",
    "schema": "pipelines.cli.schema:print_schema",
}
"""Name -> the function that carries a command out; it is imported when it is asked for."""

MEND = (
    "torch and torchvision do not match; install both from the same place: "
    "pip install --force-reinstall torch torchvision"
)

LONGEST = 1000
"""Characters of the line that says what is wrong."""

ROOM = "there is not enough memory; make size, best_of, num_augs, threads or the views fewer or smaller"


def main(arguments: Sequence[str]) -> int:
    """Runs a command.

    Returns:
        The exit code: 0 done, 2 bad input, 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
    """
    with interruptible() as interrupt:
        return _main(arguments, interrupt)


def _main(arguments: Sequence[str], interrupt: Interrupt) -> int:
    try:
        _log_to_stderr()
        command, *rest = arguments or ["help"]
        if command in ("-h", "--help"):
            command = "help"
        if command not in COMMANDS:
            command, rest = "run", [str(config_of_command(command)), *rest]
        _command(command)(rest)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has gone: `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except InputError as error:
        _say(lines_in_user_code(error.__cause__), str(error))
        return 2
    except KeyboardInterrupt:
        print("limn: aborted", file=sys.stderr)
        return interrupt.exit_code or 130
    except Exception as error:
        if _torchvision_is_at_fault(error):
            _say([], MEND)
        elif _is_out_of_memory(error):
            _say([], ROOM)
        elif isinstance(error, OSError) and error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            _say([], f"{short(error.filename)}: {error.strerror}")
        elif lines := lines_in_user_code(error):
            _say(lines, ": ".join([*getattr(error, "__notes__", []), type(error).__name__, str(error)]))
        else:
            raise
        return 2
    return interrupt.exit_code


def console() -> int:
    """The command ``limn``."""
    code = main(sys.argv[1:])
    for number in SIGNALS:  # while Python leaves, there is nothing left to end properly
        signal.signal(number, signal.SIG_IGN)
    return code


def config_of_command(name: str) -> Path:
    """The config that a command line names: a shipped pipeline, or a YAML file.

    Raises:
        InputError: there is neither; names the nearest pipeline or command.
    """
    shipped = shipped_pipelines()
    if name in shipped:
        return shipped[name]
    if "." not in name and "/" not in name and not _exists(name):
        raise InputError(f"no pipeline, config or command {short(name)}{suggestion(name, [*COMMANDS, *shipped])}")
    return Path(name)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # a name that no file can have
        return False


def _say(lines: list[str], text: str) -> None:
    """Prints lines of code of one's own that led to an error, and what is wrong in one line."""
    text = f"limn: {' '.join(text.split())}"
    for line in (*lines, text if len(text) <= LONGEST else f"{text[:LONGEST]}..."):
        print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line), file=sys.stderr)


def _is_out_of_memory(error: BaseException) -> bool:
    """True if Python or torch, on the CPU or a GPU, found no room."""
    signs = ("can't allocate memory", "not enough memory", "out of memory", "can't start new thread")
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error) for sign in signs)
    )


def _command(name: str) -> Callable[[list[str]], None]:
    module, _, function = COMMANDS[name].partition(":")
    found: Callable[[list[str]], None] = getattr(importlib.import_module(module), function)
    return found


def _torchvision_is_at_fault(error: BaseException | None) -> bool:
    """True if a torch and a torchvision that do not fit each other are the cause."""
    while error is not None:
        text = str(error)
        signs = ("operator torchvision::", "undefined symbol", "CUDA")
        if "torchvision" in text and any(sign in text for sign in signs):
            return True
        error = error.__cause__ or error.__context__
    return False


class _AboveTheBar(logging.Handler):
    """Writes lines to stderr without tearing a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        tqdm.write(self.format(record), file=sys.stderr)


def _log_to_stderr() -> None:
    logger = logging.getLogger("limn")
    logger.setLevel(logging.INFO)
    if not any(isinstance(handler, _AboveTheBar) for handler in logger.handlers):
        logger.addHandler(_AboveTheBar())
