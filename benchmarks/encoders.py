"""A pass of each encoder's picture tower over one big matrix product of as many multiply-adds.

Run by hand on a quiet machine: ``python benchmarks/encoders.py [MODEL ...] [pictures=15]``. A pass is forward and
backward from the embedding to the pixels. Weights are random, but for ``pocket``. Matrix product and passes take
turns, and the least time of each counts; bfloat16 is measured where the processor has it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

import open_clip
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from guidance import Encoder, load_encoder
from guidance.encoders.loading import encoder_of
from guidance.encoders.precision import has_bfloat16

MODELS = ("RN50", "RN101", "ViT-B-32", "ViT-B-16", "ViT-L-14", "ViT-B-16-SigLIP", "pocket")
SIDE = 3072
"""Of the matrices."""
ROUNDS = 4


def encoder_with_random_weights(name: str, precision: str) -> Encoder:
    """An architecture of open_clip without weights, or ``pocket``."""
    if name == "pocket":
        return load_encoder(name, precision=precision)  # type: ignore[arg-type]
    logging.getLogger().setLevel(logging.ERROR)  # open_clip warns that the weights are random
    model = open_clip.create_model(name)

    def no_words(texts: list[str]) -> Tensor:
        """Tokens of nothing: some tokenizers are files on the hub, and the text tower is not measured."""
        return torch.zeros(len(texts), model.context_length, dtype=torch.int64)

    return encoder_of(model, no_words, name, "cpu", precision, None)  # type: ignore[arg-type]


def seconds_of(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def measure(name: str, precision: str, count: int) -> tuple[float, float]:
    """Seconds of a pass over ``count`` pictures, and of as many multiply-adds in a matrix product."""
    encoder = encoder_with_random_weights(name, precision)
    pictures = torch.rand(count, 3, *encoder.size).requires_grad_()

    def step() -> Tensor:
        (gradient,) = torch.autograd.grad(encoder.encode_image(pictures).embedding.sum(), pictures)
        return gradient

    with FlopCounterMode(display=False) as counter:
        step()
    left, right = (torch.randn(SIDE, SIDE, dtype=getattr(torch, precision)) for _ in range(2))
    own, product = float("inf"), float("inf")
    for _ in range(ROUNDS):
        product = min(product, seconds_of(lambda: left @ right))
        own = min(own, seconds_of(step))
    return own, product * counter.get_total_flops() / (2 * SIDE**3)


def main() -> None:
    """Prints a line for each model and precision."""
    options = dict(word.split("=") for word in sys.argv[1:] if "=" in word)
    names = [word for word in sys.argv[1:] if "=" not in word] or MODELS
    print(f"{torch.get_num_threads()} threads")
    for name in names:
        for precision in ["float32", *(["bfloat16"] if has_bfloat16() else [])]:
            own, product = measure(name, precision, int(options.get("pictures", 15)))
            print(f"{name:16} {precision:9} pass {own:6.2f} s, product {product:6.2f} s, ratio {own / product:.2f}")


if __name__ == "__main__":
    main()
