"""Recognition: what a result is taken for by an encoder."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import load_encoder
from guidance.channels import Channel
from guidance.prompt import embed_phrases
from limn.errors import InputError
from limn.files import read_json, write_file, writing
from limn.ranges import Views
from limn.settings import checked
from pipelines.config.paths import OutputPath
from pipelines.config.readers import Reader, refusal, unknown_words_of
from pipelines.evaluate.judges import check_judge
from pipelines.evaluate.retrieval import from_above, retrieve
from pipelines.evaluate.subject import Subject, subject_of
from pipelines.runs.record import FILE
from renderers.solids import captions as solid_names

logger = logging.getLogger("limn")

TEMPLATES: dict[str, tuple[str, ...]] = {"depth": ("a depth map of a {}",)}
"""Of pictures that are no photographs; PointCLIP's for depth."""


@dataclass(frozen=True)
class Verdict:
    """How a model is taken for one class.

    Args:
        name: of the class.
        probability: among all classes, mean over views, 0..1.
        cosine: of picture and words, mean over views.
        views: in how many of the views it is the most probable.
    """

    name: str
    probability: float
    cosine: float
    views: int


def recognise_result(
    path: str | Path,
    classes: Sequence[str] | Literal["solids"] = (),
    encoder: str = "pocket-judge",
    views: Views = 8,
    channel: Channel = "rgb",
    caption: str = "",
    output: OutputPath | None = None,
    unknown_words: Literal["refuse", "allow"] = "refuse",
    judge: Literal["other", "any"] = "other",
) -> list[Verdict]:
    """Zero-shot recognition by CLIP: of a model from views that no run optimises, or of a picture.

    Args:
        path: a model or a picture, or the folder of a run, of which the first model, else the first picture is taken.
        classes: names to choose from, or ``solids`` for those of the world of solids; everything in the encoder's own
            world by default, where that is known.
        encoder: what recognises; better another than the one that was optimised for.
        views: how many, 1 to 256.
        channel: what of the model it looks at; ``depth`` is PointCLIP's.
        caption: what it was made from, which joins the classes; its rank among them is said, where 1 is a hit for CLIP
            R-Precision, in a view of its own from 45 degrees above.
        output: the JSON file; ``evaluation.json`` in the folder of the run, or beside the model, by default.
        unknown_words: what to do where classes or caption have words that the encoder does not know.
        judge: ``other`` refuses an encoder that the run was optimised against, ``any`` takes it.

    Returns:
        One verdict for each class, the most probable first.

    Raises:
        InputError: there is nothing to look at, or there are no classes.

    Source: Radford et al. 2021 (zero-shot), Zhang et al. 2022 (PointCLIP's depth maps).
    """
    settings = {"classes": classes, "encoder": encoder, "views": views, "channel": channel}
    settings |= {"caption": caption, "output": output, "unknown_words": unknown_words, "judge": judge}
    output = checked(recognise_result, settings, "evaluate", ["path"])["output"]
    if output is not None and output.is_dir():
        raise InputError(f"evaluate: output: expected a file, got the folder {output}")
    if unknown_words == "refuse":
        _check_words({"classes": [] if classes == "solids" else classes, "caption": [caption]}, encoder)
    subject = subject_of(Path(path))
    if judge == "other":
        check_judge(encoder, [subject])
    classifier = load_encoder(encoder)
    names = solid_names() if classes == "solids" else list(classes or classifier.concepts or ())
    if caption and caption not in names:
        names.append(caption)
    if len(names) <= bool(caption):
        raise InputError(f"evaluate: encoder {encoder!r} needs names to choose from: classes='[a mug, a chair]'")
    with torch.no_grad():
        seen = classifier(subject.pictures(views, channel)).embedding
        words = embed_phrases(names, classifier, TEMPLATES.get(channel, ("{}",)))
        verdicts = recognise(names, F.normalize(seen, dim=-1) @ words.T, classifier.logit_scale)
        above = retrieve(subject.seen_from(from_above(), channel), [caption], names, classifier) if caption else []
    for found in above:
        logger.info("%r has rank %d of %d from above; taken for %r", caption, found.rank, len(names), found.taken_for)
    facts: dict[str, Any] = {"subject": str(subject.shown), "encoder": encoder, "views": len(seen)}
    facts |= {"channel": channel, **({"retrieval": asdict(above[0])} if above else {})}
    file = Path(output) if output else _beside(subject)
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    before = {} if output else read_json(file)
    write_file(
        file, json.dumps(before | facts | {"classes": [asdict(verdict) for verdict in verdicts]}, indent=1) + "\n"
    )
    logger.info("wrote %s", file)
    return verdicts


def recognise(names: Sequence[str], cosine: Tensor, scale: float) -> list[Verdict]:
    """Verdicts from the cosines of views and words.

    Args:
        names: of C classes.
        cosine: [V, C].
        scale: factor before the softmax over classes.
    """
    probability = (scale * cosine).softmax(dim=1).mean(dim=0).tolist()
    won = torch.bincount(cosine.argmax(dim=1), minlength=len(names)).tolist()
    mean = cosine.mean(dim=0).tolist()
    verdicts = [Verdict(*facts) for facts in zip(names, probability, mean, won, strict=True)]
    return sorted(verdicts, key=lambda verdict: -verdict.probability)


def _beside(subject: Subject) -> Path:
    place = subject.path
    return place / FILE if place.is_dir() else place.with_suffix(f".{FILE}")


def _check_words(texts: Mapping[str, Sequence[str]], encoder: str) -> None:
    """Refuses words that the encoder does not know."""
    readers = [Reader("encoder", encoder, "encoder")]
    for key, names in texts.items():
        unknown = list(dict.fromkeys(word for name in names for word in unknown_words_of(name, readers)))
        if unknown:
            raise InputError(f"evaluate: {key}: {refusal(unknown, readers)}")
