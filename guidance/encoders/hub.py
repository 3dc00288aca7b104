"""Keeps open_clip, the hub's client and its libraries quiet, and quick where there is no network."""

from __future__ import annotations

import logging
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
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
    offline, deaf = hub.HF_HUB_OFFLINE, logging.NullHandler()
    logging.getLogger().addHandler(deaf)  # else the first line of open_clip adds one that repeats ours from then on
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    hub.HF_HUB_OFFLINE = offline or not network or not _reachable(hub.ENDPOINT)
    try:
        yield
    finally:
        hub.HF_HUB_OFFLINE = offline
        logging.getLogger().removeHandler(deaf)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def silent(network: bool, *narrators: Any) -> Iterator[bool]:
    """Mutes libraries' narration, too; gives whether only files that are here already may be used.

    Args:
        network: whether the hub may be asked.
        narrators: the modules ``utils.logging`` of diffusers and transformers.
    """
    import huggingface_hub.constants as hub

    levels = [narrator.get_verbosity() for narrator in narrators]
    bars = [narrator.is_progress_bar_enabled() for narrator in narrators]
    with quiet(network), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for narrator in narrators:
            narrator.set_verbosity(logging.CRITICAL)
            narrator.disable_progress_bar()
        try:
            yield hub.HF_HUB_OFFLINE
        finally:
            for narrator, level, bar in zip(narrators, levels, bars, strict=True):
                narrator.set_verbosity(level)
                if bar:
                    narrator.enable_progress_bar()


def _reachable(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    if getproxies().get(parts.scheme):
        return True
    try:
        socket.create_connection((parts.hostname, parts.port or 443), timeout=TIMEOUT).close()
    except OSError:
        return False
    return True
