"""Make the shipped models and pictures again: data, training, shipping, measuring."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from guidance.pocket.load import NAMES, load_pocket
from limn.errors import InputError
from training import exemplars
from training.pocket.evaluate import Evaluation
from training.pocket.export import export_open_clip
from training.pocket.recipes import RECIPES
from training.pocket.ship import ship
from training.pocket.train import Trainer
from training.prior.commands import evaluate_prior, sample_prior, ship_prior, train_prior
from training.world.sprites import Sprites, build_sprites

PRIOR = "pocket-prior"
TEXTS = {
    "data": "fetch the icon packages and render the world's sprites",
    "train": "train a model; goes on where it was stopped",
    "ship": "write the weights of a checkpoint beside the code that loads them",
    "evaluate": "measure a shipped model",
    "export": "write a shipped model as an open_clip folder",
    "sample": "draw pictures by the shipped prior on one sheet",
    "exemplars": "make the exemplars' pictures, and what pocket sees in them",
}


def _arguments() -> Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, text in TEXTS.items():
        sub = commands.add_parser(command, help=text)
        if command in ("train", "ship", "evaluate", "export"):
            sub.add_argument("name", choices=NAMES if command == "export" else (*NAMES, PRIOR))
        if command == "export":
            sub.add_argument("folder", type=Path)
        elif command == "sample":
            sub.add_argument("texts", nargs="*", help="what to draw; some of all concepts when left out")
            sub.add_argument("--out", type=Path, required=True, help="PNG file")
        else:
            help_text = "folder of packages, sprites and checkpoints"
            sub.add_argument("--cache", type=Path, required=command != "exemplars", help=help_text)
        if command == "exemplars":
            sub.add_argument("--embed", action="store_true", help="only what pocket sees, for new weights of pocket")
        if command == "evaluate":
            sub.add_argument("--encoder", default="pocket-judge", help=f"judge of {PRIOR}")
            sub.add_argument("--count", type=int, default=512, help=f"concepts that {PRIOR} draws")
        if command in ("train", "evaluate", "sample"):
            sub.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    arguments = parser.parse_args()
    if arguments.command == "exemplars" and not arguments.embed and arguments.cache is None:
        parser.error("exemplars: --cache is needed")
    return arguments


def _sprites(given: Namespace) -> Path:
    path: Path = given.cache / "sprites.safetensors"
    return path


def _data(given: Namespace) -> None:
    build_sprites(given.cache).save(_sprites(given))


def _train(given: Namespace) -> None:
    sprites = Sprites.load(_sprites(given))
    if given.name == PRIOR:
        train_prior(sprites, given.cache, given.device)
    else:
        Trainer(given.name, sprites, given.cache, RECIPES[given.device][given.name], given.device).run()


def _ship(given: Namespace) -> None:
    sprites = Sprites.load(_sprites(given))
    if given.name == PRIOR:
        ship_prior(sprites, given.cache)
    else:
        ship(given.name, sprites, given.cache)


def _evaluate(given: Namespace) -> None:
    if given.name == PRIOR:
        figures = evaluate_prior(given.encoder, given.count, given.device)
    else:
        figures = Evaluation(*load_pocket(given.name), Sprites.load(_sprites(given))).all()
    for figure, percent in figures.items():
        print(f"{figure:50s} {percent:5.1f} %", flush=True)


def _exemplars(given: Namespace) -> None:
    if not given.embed:
        exemplars.build(given.cache)
    exemplars.embed()


COMMANDS: dict[str, Callable[[Namespace], None]] = {
    "data": _data,
    "train": _train,
    "ship": _ship,
    "evaluate": _evaluate,
    "export": lambda given: export_open_clip(given.name, given.folder),
    "sample": lambda given: sample_prior(given.texts, given.out, given.device),
    "exemplars": _exemplars,
}


if __name__ == "__main__":
    given = _arguments()
    try:
        COMMANDS[given.command](given)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
