"""``limn explain``: what of a finished run drives its score."""

from __future__ import annotations

from limn.errors import InputError, short
from pipelines.cli.arguments import options_of


def explain_run(rest: list[str]) -> None:
    """``limn explain RUN ["WORDS"] [encoder=NAME]``."""
    given = [text for text in rest if not text.startswith("encoder=")]
    if not 1 <= len(given) <= 2 or "=" in given[-1]:
        options_of([text for text in given if "=" in text], "explain", ["encoder"])
        raise InputError("explain takes a run folder, and words in quotes where its prompt is not meant")
    encoder = options_of([text for text in rest if text not in given], "explain", ["encoder"]).get("encoder", "")
    if not isinstance(encoder, str):
        raise InputError(f"explain: encoder: expected a name, got {short(encoder)}")

    from pipelines.explain.explain import explain

    run, *words = given
    print(explain(run, " ".join(words), encoder))
