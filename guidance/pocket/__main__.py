"""Command line of the pocket models: make their data, train, ship, evaluate and export them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from guidance.pocket.load import NAMES, export_open_clip, load_pocket
from limn.errors import InputError

PRIOR = "pocket-prior"


def main() -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="python -m guidance.pocket", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    texts = {
        "data": "fetch the icon packages and render the world's sprites",
        "train": "train a model; goes on where it was stopped",
        "ship": "write the weights of a checkpoint beside the code",
        "evaluate": "measure a shipped model",
        "export": "write a shipped model as an open_clip folder",
        "sample": "draw pictures by the shipped prior on one sheet",
    }
    for command, text in texts.items():
        sub = commands.add_parser(command, help=text)
        if command in ("train", "ship", "evaluate", "export"):
            sub.add_argument("name", choices=NAMES if command == "export" else (*NAMES, PRIOR))
        if command == "export":
            sub.add_argument("folder", type=Path)
        elif command == "sample":
            sub.add_argument("texts", nargs="*", help="what to draw; some of all concepts when left out")
            sub.add_argument("--out", type=Path, required=True, help="PNG file")
        else:
            sub.add_argument("--cache", type=Path, required=True, help="folder of packages, sprites and checkpoints")
        if command == "evaluate":
            sub.add_argument("--encoder", default="pocket-judge", help=f"judge of {PRIOR}")
            sub.add_argument("--count", type=int, default=512, help=f"concepts that {PRIOR} draws")
        if command in ("train", "evaluate", "sample"):
            sub.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    args = parser.parse_args()
    if args.command == "export":
        export_open_clip(args.name, args.folder)
        return
    if args.command == "sample" or (args.command == "evaluate" and args.name == PRIOR):
        from guidance.pocket.prior.commands import evaluate_prior, sample_prior

        if args.command == "sample":
            sample_prior(args.texts, args.out, args.device)
        else:
            evaluate_prior(args.encoder, args.count, args.device)
        return

    from guidance.pocket.world.sprites import Sprites, build_sprites

    path = args.cache / "sprites.safetensors"
    if args.command == "data":
        build_sprites(args.cache).save(path)
        return
    sprites = Sprites.load(path)
    if args.command in ("train", "ship") and args.name == PRIOR:
        from guidance.pocket.prior.commands import ship_prior, train_prior

        if args.command == "train":
            train_prior(sprites, args.cache, args.device)
        else:
            ship_prior(sprites, args.cache)
    elif args.command == "train":
        from guidance.pocket.recipes import RECIPES
        from guidance.pocket.train import Trainer

        Trainer(args.name, sprites, args.cache, RECIPES[args.device][args.name], args.device).run()
    elif args.command == "ship":
        from guidance.pocket.ship import ship

        ship(args.name, sprites, args.cache)
    else:
        from guidance.pocket.evaluate import Evaluation

        for figure, percent in Evaluation(*load_pocket(args.name), sprites).all().items():
            print(f"{figure:50s} {percent:5.1f} %", flush=True)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
