"""``limn caption``: the words that an encoder finds for results."""

from __future__ import annotations

from limn.errors import InputError, short
from pipelines.cli.arguments import options_of

VIEWS = 8
"""Of a model."""


def caption_results(rest: list[str]) -> None:
    """``limn caption FILES_OR_FOLDERS... [encoder=NAME] [names=[...]] [words=[...]]``."""
    paths = [text for text in rest if "=" not in text]
    if not paths:
        raise InputError("caption takes pictures, models or run folders")
    options = options_of([text for text in rest if "=" in text], "caption", ["encoder", "names", "words"])
    names, words = (_list(options, key) for key in ("names", "words"))

    from guidance import load_encoder
    from guidance.embedding import caption
    from limn.colours import COLOURS
    from pipelines.evaluate.subject import subjects_of

    encoder = load_encoder(str(options.get("encoder", "pocket-judge")), precision="float32")
    known = list(COLOURS) if words is None and names is None else words or []
    for subject in subjects_of(paths):
        seen = encoder(subject.pictures(VIEWS)).embedding.mean(dim=0)
        best, *others = caption(seen, encoder, names, known)
        rest_of_them = "".join(f", {other.text} {other.cosine:.3f}" for other in others)
        print(f"{subject.path}: {best.text} {best.cosine:.3f}{rest_of_them}")


def _list(options: dict[str, object], key: str) -> list[str] | None:
    value = options.get(key)
    if value is None:
        return None
    if not (isinstance(value, list) and value and all(isinstance(word, str) for word in value)):
        raise InputError(f"caption: {key}: expected words, like '[a cat, a dog]', got {short(value)}")
    return value
