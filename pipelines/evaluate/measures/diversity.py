"""Sets of results: how different they are beside what their prompts explain, and how far from other pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from pipelines.config.paths import InputPlace
from pipelines.evaluate.judge import Judge
from pipelines.evaluate.measure import Measure, Reading
from pipelines.evaluate.subject import Subject, subjects_of
from pipelines.gallery.records import find_runs


def schur_complement_entropy(pictures: Tensor, words: Tensor) -> tuple[float, float]:
    """How many kinds of pictures there are beside what words explain, and how many the words explain.

    Args:
        pictures: embeddings of length 1 [N, D].
        words: of what each was made from, of length 1 [N, E]; N is greater than the number of different ones.

    Returns:
        exp(-sum l log(l / sum l)) of the eigenvalues l of the Schur complement C_yy - C_yx C_xx^-1 C_xy of the
        covariances of pictures y and words x, and of what it takes away. Both are 1 where nothing varies.

    Source: Ospanov, Jalali, Farnia, Scendi score: prompt-aware diversity evaluation via Schur complement of CLIP
    embeddings, 2025, with the cosine kernel.
    """
    y, x = pictures.double(), words.double()
    explained = x @ torch.linalg.lstsq(x, y, driver="gelsd").solution  # C_yx C_xx^-1 C_xy is its covariance
    return _entropy(y - explained), _entropy(explained)


def _entropy(rows: Tensor) -> float:
    values = torch.linalg.svdvals(rows).square() / len(rows)
    values = values[values > 1e-12]
    return float((-(values * (values / values.sum()).log()).sum()).exp())


def cmmd(pictures: Tensor, others: Tensor) -> float:
    """Distance of two sets of pictures by CLIP embeddings, 0 where they are equal.

    Args:
        pictures: of length 1 [N, D].
        others: of length 1 [M, D].

    Returns:
        1000 times the squared maximum mean discrepancy with a Gaussian kernel of sigma 10, the biased estimate.

    Source: Jayasumana et al., Rethinking FID: towards a better evaluation metric for image generation, 2024.
    """
    x, y = pictures.double(), others.double()

    def mean_kernel(a: Tensor, b: Tensor) -> Tensor:
        return torch.exp(-torch.cdist(a, b).square() / (2 * 10.0**2)).mean()

    return 1000.0 * float(mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y))


def _embedded(judge: Judge, subjects: Sequence[Subject]) -> Tensor:
    """One embedding of length 1 of each result [N, D], the mean over views."""
    means = [F.normalize(judge.see(subject), dim=-1).mean(dim=0) for subject in subjects]
    return F.normalize(torch.stack(means), dim=-1)


class Diversity(Measure):
    """How many kinds of results there are beside what their prompts explain: `schur_complement_entropy`.

    It needs more results than different prompts: several seeds of each.

    Args:
        encoder: a CLIP.
    """

    kinds = frozenset({"picture", "drawing", "model"})
    needs = frozenset({"prompt"})
    higher = ("diversity",)

    def __init__(self, encoder: Judge) -> None:
        self.judge = encoder

    def together(self, subjects: Sequence[Subject]) -> Reading:
        """Of the results, and of their prompts; nothing where there are as many prompts as results."""
        prompts = [subject.prompt for subject in subjects]
        if len(set(prompts)) == len(prompts):
            return {}
        words = self.judge.read(prompts)
        own, explained = schur_complement_entropy(_embedded(self.judge, subjects), words)
        return {"diversity": own, "diversity_of_prompts": explained}


class Cmmd(Measure):
    """How far results are from other pictures as a set: `cmmd`.

    Args:
        encoder: a CLIP; the paper has ViT-L-14-336.
        reference: a folder of pictures or of runs.
    """

    kinds = frozenset({"picture", "drawing", "model"})
    lower = ("cmmd",)
    asked = True

    def __init__(self, encoder: Judge, reference: InputPlace) -> None:
        self.judge, self.reference = encoder, reference

    def together(self, subjects: Sequence[Subject]) -> Reading:
        """The distance of all results."""
        others = _embedded(self.judge, pictures_in(self.reference))
        return {"cmmd": cmmd(_embedded(self.judge, subjects), others)}


def pictures_in(place: Path) -> list[Subject]:
    """The runs of a folder, or the pictures in it where it has no runs.

    Raises:
        InputError: there is nothing to look at.
    """
    runs = list(find_runs(place)) if place.is_dir() else [place]
    return subjects_of(runs or sorted(each for each in place.iterdir() if each.is_file()))
