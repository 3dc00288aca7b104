"""Commands beside running: what is evaluated, exported, resumed or shown, with wrong words and options."""

from __future__ import annotations

from random import Random

from fuzzing.case import Bases, Case, kind
from fuzzing.configs import argument_of, words_of
from fuzzing.damage import BESIDE, WORDS, nasty, typo

OPTIONS = {"encoder": "pocket", "classes": ["a cat", "a dog"], "views": 1, "channel": "rgb", "output": "verdict.json"}
NAMES = ["run", "resume", "export", "status", "evaluate", "list", "help", "schema", "--help", "-h"]


def _options(random: Random) -> list[str]:
    given = dict(OPTIONS)
    for key in random.sample(list(OPTIONS), random.choice([1, 1, 2])):
        given[key] = nasty(random, given[key])
    if random.random() < 0.1:
        given[typo(random, random.choice(list(OPTIONS)))] = given.pop(random.choice(list(given)))
    return [f"{key}={words_of(value)}" for key, value in given.items()]


@kind
def commands(random: Random, bases: Bases) -> Case:
    """A command with words that it does not expect."""
    files = BESIDE | dict(bases.models["quad.glb"])
    files |= {f"run/{name}": content for name, content in bases.runs["pixels"].items()}
    choice = random.random()
    if choice < 0.4:
        words = ["evaluate", random.choice(["quad.glb", "quad.glb", "run", "run/picture.png"]), *_options(random)]
    elif choice < 0.6:
        words = ["export", "run", f"size={words_of(nasty(random, 32))}"]
    else:
        others = [*WORDS, "run", "quad.glb", "draw", "size=16", "a=1"]
        words = [random.choice(NAMES), *random.choices(others, k=random.choice([0, 1, 1, 2]))]
        if words[:2] == ["run", "draw"]:  # a whole run is no small case
            words.append("steps=0")
    return Case([argument_of(word) for word in words], files)
