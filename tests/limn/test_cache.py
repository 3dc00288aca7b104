"""Caches: bounded, in the order of use, and emptied together."""

import gc
import weakref

from guidance import load_encoder
from guidance.distillation import load_prior
from limn import cache
from limn.cache import cached


def test_the_least_recently_used_goes_first() -> None:
    made: list[int] = []

    @cached(2)
    def make(number: int) -> int:
        made.append(number)
        return number

    for number in (1, 2, 1, 3, 1, 2):
        assert make(number) == number
    assert made == [1, 2, 3, 2]


def test_clear_empties_all() -> None:
    made: list[str] = []
    functions = [cached(1)(lambda name=name: made.append(name)) for name in ("a", "b")]
    for function in functions * 2:
        function()
    assert made == ["a", "b"]
    cache.clear()
    functions[0]()
    assert made == ["a", "b", "a"]


def test_encoders_and_priors_are_kept_until_they_are_cleared() -> None:
    encoder, prior = load_encoder("pocket"), load_prior("exemplars", encoder="", best=3)
    assert load_encoder("pocket") is encoder
    assert load_prior("exemplars", best=3, encoder="") is prior
    cache.clear()
    assert load_encoder("pocket") is not encoder
    assert load_prior("exemplars", encoder="", best=3) is not prior
    assert encoder.encode_text(["a frog"]).shape == (1, 128)  # what is in use lives on


def test_four_encoders_are_kept_and_the_fifth_frees_the_first() -> None:
    cache.clear()
    first = weakref.ref(load_encoder("pocket", precision="float32", size=32))
    for size in (64, 96, 128):
        load_encoder("pocket", precision="float32", size=size)
    gc.collect()
    assert load_encoder("pocket", precision="float32", size=64) is load_encoder("pocket", precision="float32", size=64)
    assert first() is not None
    load_encoder("pocket", precision="float32", size=160)
    gc.collect()
    assert first() is None


def test_a_prior_is_freed_with_what_it_keeps() -> None:
    cache.clear()
    prior = load_prior("exemplars", encoder="")
    prior.embed("a frog")
    gone = weakref.ref(prior)
    del prior
    cache.clear()
    gc.collect()
    assert gone() is None
