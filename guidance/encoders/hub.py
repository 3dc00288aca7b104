"""Keeps open_clip and the hub's client quiet, and quick where there is no network."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import getproxies

TIMEOUT = 3.0
"""Seconds to wait for the hub before it counts as out of reach."""


@contextmanager
def quiet(network: bool) -> Iterator[None]:
    """Mutes open_clip's narration; with no network or the hub out of reach, its cache is used without retries."""
    import huggingface_hub.constants as hub

    loggers = [logging.getLogger(), logging.getLogger("huggingface_hub")]
    levels = [logger.level for logger in loggers]
    offline = hub.HF_HUB_OFFLINE
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    hub.HF_HUB_OFFLINE = offline or not network or not _reachable(hub.ENDPOINT)
    try:
        yield
    finally:
        hub.HF_HUB_OFFLINE = offline
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _reachable(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    if getproxies().get(parts.scheme):
        return True
    try:
        socket.create_connection((parts.hostname, parts.port or 443), timeout=TIMEOUT).close()
    except OSError:
        return False
    return True
