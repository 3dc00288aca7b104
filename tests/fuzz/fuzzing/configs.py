"""Configs and overrides: settings of every pipeline and part with wrong values, keys and YAML."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any

import yaml

from fuzzing.case import Bases, Case, kind
from fuzzing.damage import BESIDE, at, damaged_text, damaged_tree, encoded, nasty, paths_of, typo, words_in
from guidance.augment.kinds import AUGMENTATIONS
from guidance.loss import LOSSES
from limn.cameras.sampling import CAMERAS
from limn.registry import Registry
from limn.signature import arguments_of
from renderers.mesh.parameters.parameterisation import PARAMETERISATIONS
from renderers.registry import RENDERERS
from renderers.scene.backgrounds import BACKGROUNDS
from renderers.scene.light_samplers import LIGHTS
from renderers.scene.shading import SHADINGS

PARTS: dict[str, Registry[Any]] = {
    "cameras": CAMERAS,
    "lights": LIGHTS,
    "background": BACKGROUNDS,
    "shading": SHADINGS,
    "parameters": PARAMETERISATIONS,
    "augment": AUGMENTATIONS,
    "renderer": RENDERERS,
    "losses": LOSSES,
}
"""Setting -> what it chooses from."""


RAW = [
    *words_in("""
        2026-13-45 | !!int abc | !!float x | !!binary x | !!python/object:os.abort {} | *nobody | &a [*a] | ' | [1 | {a:
        1, a: 2} | {1: 2} | {[1]: 2} | ? x | !!set {a} | !!omap [a] | <<: *x | - - - | 1_000 | 0x1F | 0b1 | 1:30 |
        190:20:30 | ~ | yes | !!timestamp 1 | 2026-01-01T99:00:00Z
"""),
    *('"', "|\n  x", "9" * 5000, "{" * 500 + "}" * 500, "{a: " * 500 + "1" + "}" * 500, "[" * 3000),
]
"""YAML that no data stands for."""

MARK = "raw-yaml-here"

BOMB = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9) if n else '1'}]\n" for n in range(9))


def with_part(random: Random, config: dict[str, Any]) -> dict[str, Any]:
    """A config with a part of some registry, two of whose settings are nasty."""
    setting = random.choice([name for name in PARTS if name in config])
    name = random.choice(PARTS[setting].names())
    arguments = [
        a.name for a in arguments_of(PARTS[setting].find(name)).values() if a.name not in ("self", "mesh", "canvas")
    ]
    settings = {
        a: nasty(random, random.choice([1.0, None]))
        for a in random.sample(arguments, min(len(arguments), random.choice([0, 1, 1, 2])))
    }
    chosen: Any = name if not settings and random.random() < 0.5 else {name: settings}
    if setting == "losses":
        chosen = {
            "part": {"loss": name}
            | settings
            | random.choice([{}, {random.choice(["weight", "channel", "region"]): nasty(random)}])
        }
    return config | {setting: [chosen] if setting in ("parameters", "augment") else chosen}


def _files(bases: Bases, config: Any) -> dict[str, bytes | None]:
    return BESIDE | ({"model.glb": bases.models["quad.glb"]["quad.glb"]} if "model.glb" in str(config) else {})


@kind
def settings(random: Random, bases: Bases) -> Case:
    """A config whose values, keys or text are wrong."""
    name = random.choice(list(bases.configs))
    config = bases.configs[name]
    if random.random() < 0.4:
        config = with_part(random, config)
    tree = config if random.random() < 0.1 else damaged_tree(random, config, random.choice([1, 1, 2, 3]), _value)
    text = yaml.safe_dump(_plain(tree), sort_keys=False, allow_unicode=random.random() < 0.5)
    text = text.replace(MARK, random.choice(RAW))
    if random.random() < 0.15:
        text = damaged_text(random, text, random.choice([1, 3]))
    if random.random() < 0.01:
        text = BOMB + text + "losses: *x8\n"
    return Case(["config.yaml", "steps=1"], _files(bases, config) | {"config.yaml": encoded(random, text)})


def _value(random: Random, old: Any) -> Any:
    return MARK if random.random() < 0.1 else nasty(random, old)


def _plain(value: Any) -> Any:
    """What YAML can be written of; a whole number that Python will not print is a float."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return math.inf if type(value) is int and abs(value) > 10**400 else value


@kind
def overrides(random: Random, bases: Bases) -> Case:
    """A shipped pipeline with wrong settings on the command line."""
    name = random.choice(list(bases.configs))
    config = bases.configs[name]
    whole = ["learning_rates", "losses", "video", "parameters", "cameras"]
    small = [
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in config.items()
        if _differs(key)
    ]
    if "model" in config:
        small.append("model=model.glb" if config["model"] else "model=null")
    words = []
    for _ in range(random.choice([1, 1, 2])):
        path = random.choice(paths_of(config))
        key = ".".join(map(str, path)) if random.random() < 0.7 else random.choice([path[0], random.choice(whole)])
        if random.random() < 0.1:
            key = typo(random, key)
        old = at(config, path)
        value = random.choice(
            [words_of(nasty(random, old))] * 4 + [random.choice(RAW), words_of(damaged_tree(random, old))]
        )
        words.append(
            f"{key}={value}" if random.random() < 0.95 else random.choice([key, value, f"{key}=", f"={value}"])
        )
    command = random.choice([[name]] * 16 + [["run", name], ["help", name], [typo(random, name)], ["schema"], ["list"]])
    arguments = [*command, *small, *words, "steps=1"]
    if command[0] in ("help", "schema", "list"):
        arguments = [*command, *words]
    return Case([argument_of(word) for word in arguments], _files(bases, config))


def _differs(key: str) -> bool:
    from fuzzing.bases import OWN, SMALL, SOLID

    return key in SMALL or key in SOLID or any(key in own for own in OWN.values())


def words_of(value: Any) -> str:
    """A value as one types it."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(_plain(value), default_flow_style=True, width=1 << 20).removesuffix("...\n").strip()


def argument_of(word: str) -> str:
    """A word as a process can be given it: without NUL, and bytes that are not UTF-8 as Python shows them."""
    return word.replace("\0", "").replace("\ud800", "\udcff")
