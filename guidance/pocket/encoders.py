"""The shipped models as encoders."""

from __future__ import annotations

from guidance.compute import Precision
from guidance.encoders.encoder import Encoder
from guidance.encoders.loading import encoder_of
from guidance.pocket.load import concepts, known_words, load_pocket
from limn.ranges import InputSize


def pocket(device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None) -> Encoder:
    """The model that is shipped: a small world, known well, on any laptop."""
    return _load("pocket", device, precision, size)


def pocket_judge(device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None) -> Encoder:
    """Another small model of the same world, to measure with; never optimise against it."""
    return _load("pocket-judge", device, precision, size)


def _load(name: str, device: str, precision: Precision, size: int | None) -> Encoder:
    model, tokenizer = load_pocket(name)
    return encoder_of(model, tokenizer, name, device, precision, size, known_words(name), tuple(concepts(name)))
