"""``limn statistics``: what an encoder makes of many pictures and their captions, kept for the targets that need it."""

from __future__ import annotations

from pathlib import Path

from limn.errors import InputError, short
from pipelines.cli.arguments import options_of


def make_statistics(rest: list[str]) -> None:
    """``limn statistics FOLDER [encoder=NAME] [output=FOLDER]``."""
    if not rest:
        raise InputError("statistics takes a folder of pictures with captions, or world for the shipped ones")
    options = options_of(rest[1:], "statistics", ["encoder", "output"])

    from guidance import load_encoder
    from guidance.distillation.exemplars.pictures import read_collection
    from guidance.embedding.statistics import FOLDERS, Statistics
    from limn.files import make_folder

    collection = read_collection("" if rest[0] == "world" else rest[0], side=256)
    encoder = load_encoder(str(options.get("encoder", "pocket")), precision="float32")
    least = encoder.encode_text(["a"]).shape[1]
    if len(collection.captions) < least:
        raise InputError(
            f"statistics: {short(rest[0])} has {len(collection.captions)} pictures; encoder {encoder.name!r} has "
            f"{least} dimensions and needs as many at least, better ten times as many"
        )
    folder = make_folder(Path(str(options.get("output", FOLDERS[-1]))))
    print(Statistics.of(encoder, collection.pictures, collection.captions).save(folder, encoder))
