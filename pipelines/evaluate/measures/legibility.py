"""Legibility: whether a reader of printed text reads bent letters."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from limn.cache import cached
from limn.errors import InputError
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject
from pipelines.inputs.pictures import read_picture


def legibility(read: str, text: str) -> float:
    """1 - the character error rate, 0..1: edits from one text to the other over the length of the text.

    Args:
        read: what was read.
        text: what was written; case and spaces do not count.
    """
    a, b = ("".join(each.casefold().split()) for each in (read, text))
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != other))
    return max(0.0, 1.0 - row[-1] / max(len(b), 1))


@cached(1)
def reader() -> Any:
    """The reader of the package rapidocr, which ships its networks.

    Raises:
        InputError: it is not installed.
    """
    try:
        import onnxruntime  # noqa: F401
        from rapidocr import RapidOCR
    except ImportError as error:
        raise InputError("legibility needs the packages rapidocr and onnxruntime: pip install -e '.[ocr]'") from error
    made = RapidOCR(params={"Global.log_level": "critical"})
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    return made


class Legibility(Measure):
    """Whether bent letters still read: the share of letters that a reader of printed text reads right.

    It looks at the whole line where there is one. ``legibility_sure`` is how sure the reader is, 0..1.
    """

    kinds = frozenset({"drawing"})
    needs = frozenset({"text"})
    higher = ("legibility",)
    asked = True

    def of(self, subject: Subject) -> Reading:
        """See `legibility`."""
        line = [each.path for each in subject.artefacts if each.path.name == "line.png"]
        picture = np.asarray(read_picture(line[0] if line else subject.shown).convert("RGB"))
        found = reader()(picture[:, :, ::-1], use_det=False, use_cls=False, use_rec=True)
        read = "".join(found.txts or ())
        sure = float(found.scores[0]) if found.scores else 0.0
        return {"legibility": legibility(read, subject.text), "legibility_sure": sure, "legibility_read": read}
