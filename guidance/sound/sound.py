"""Sound: samples and their rate, and WAV files of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from limn.errors import InputError

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
"""What the samples of a WAV file are, by its own numbers."""

MOST = 1 << 30
"""Bytes of a file; larger ones are no sounds of things."""


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound on one channel.

    Args:
        samples: in -1..1 [N], one at least.
        rate: samples a second.
    """

    samples: Tensor
    rate: int


def resample(sound: Sound, rate: int) -> Sound:
    """The same sound at another rate.

    Args:
        sound: as it is.
        rate: samples a second.

    Source: the discrete Fourier transform, cut or filled up with zeros. The sound counts as one that repeats itself.
    """
    if rate == sound.rate:
        return sound
    count = len(sound.samples)
    wanted = max(1, round(count * rate / sound.rate))
    spectrum = torch.fft.rfft(sound.samples.double())
    return Sound((torch.fft.irfft(spectrum, n=wanted) * (wanted / count)).float(), rate)


def read_wav(path: str | Path) -> Sound:
    """Reads a WAV file: 8, 16, 24 or 32 bits, or floating point; the mean of its channels.

    Raises:
        InputError: no such file, or one that is no WAV file, is damaged, is empty, or holds a compressed sound.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"sound {str(path)!r}: no such file")
    if path.stat().st_size > MOST:
        raise InputError(f"sound {str(path)!r}: too large; expected {MOST:,} bytes at most")
    content = path.read_bytes()
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise InputError(f"sound {str(path)!r}: not a WAV file")
    chunks = _chunks(content)
    head, data = chunks.get(b"fmt ", b""), chunks.get(b"data", b"")
    if len(head) < 16:
        raise InputError(f"sound {str(path)!r}: damaged; it does not say what its samples are")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", head[:16])
    if kind == EXTENSIBLE and len(head) >= 26:
        kind = struct.unpack("<H", head[24:26])[0]
    samples = _samples(data, kind, bits)
    if samples is None or not channels or not rate:
        found = f"kind {kind} in {bits} bits, {channels} channels at {rate} Hz"
        raise InputError(f"sound {str(path)!r}: {found}; expected PCM of 8 to 32 bits, or float of 32 or 64")
    frames = len(samples) // channels
    mono = samples[: frames * channels].reshape(frames, channels).mean(axis=1)
    if not frames or not np.isfinite(mono).all():
        raise InputError(f"sound {str(path)!r}: {'it has no samples' if not frames else 'a sample is not finite'}")
    return Sound(torch.from_numpy(mono.astype(np.float32)), rate)


def _chunks(content: bytes) -> dict[bytes, bytes]:
    """The first chunk of each name; what was cut off, or never counted, ends where the file does."""
    found: dict[bytes, bytes] = {}
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack("<4sI", content[place : place + 8])
        found.setdefault(name, content[place + 8 : place + 8 + size])
        place += 8 + size + size % 2
    return found


def _samples(data: bytes, kind: int, bits: int) -> npt.NDArray[np.float64] | None:
    """All samples in -1..1, channel beside channel; None where they are of another kind."""
    width = bits // 8
    data = data[: len(data) // width * width] if width else b""
    if kind == FLOAT and bits in (32, 64):
        return np.frombuffer(data, f"<f{width}").astype(np.float64)
    if kind != PCM or bits not in (8, 16, 24, 32):
        return None
    if bits == 8:
        return np.frombuffer(data, np.uint8) / 128.0 - 1.0
    if bits == 24:  # as the upper bytes of 32
        bytes_of = np.frombuffer(data, np.uint8).reshape(-1, 3)
        data, bits, width = np.pad(bytes_of, ((0, 0), (1, 0))).tobytes(), 32, 4
    return np.frombuffer(data, f"<i{width}") / float(1 << (bits - 1))
