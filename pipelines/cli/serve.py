"""``limn serve``: the gallery of a folder on a page of this machine, live."""

from __future__ import annotations

import os
import re
import secrets
import sys
from pathlib import Path

from limn.errors import InputError, short
from pipelines.cli.arguments import options_of

LEAST = 16
"""Characters of a token."""


def serve_folder(rest: list[str]) -> None:
    """``limn serve FOLDER [port=8000] [token=...]``."""
    if not rest:
        raise InputError("serve takes a folder of runs")
    folder = Path(rest[0]).resolve()
    if not folder.is_dir():
        raise InputError(f"serve: no folder {short(rest[0])}")
    options = options_of(rest[1:], "serve", ["port", "token"])
    port, token = options.get("port", 8000), str(options.get("token", secrets.token_urlsafe(24)))
    if not (type(port) is int and 0 <= port < 1 << 16):
        raise InputError(f"serve: port: expected a number from 0 to 65535, got {short(port)}")
    if not re.fullmatch(rf"[\w-]{{{LEAST},}}", token, re.ASCII):
        raise InputError(f"serve: token: expected at least {LEAST} letters, digits, - and _")
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise InputError(f"serve needs starlette and uvicorn: pip install 'limn[serve]' ({error})") from error
    from pipelines.serve.server import Server

    os.chdir(folder)  # with relative paths files of the folder are meant, and no others
    server = Server(folder, port, token)
    print(f"http://127.0.0.1:{server.port}/?token={token}", flush=True)
    print("Ctrl-C ends it; runs that it has started then end with their results", file=sys.stderr)
    server.serve_forever()
