"""What measures compute, against formulas, other implementations and cases worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import trimesh
from PIL import Image, ImageDraw, ImageFont
from scipy.integrate import quad
from scipy.linalg import pinvh
from scipy.stats import sem
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from pipelines.evaluate.measure import MEASURES
from pipelines.evaluate.measures.clip_score import clip_score
from pipelines.evaluate.measures.diversity import cmmd, schur_complement_entropy
from pipelines.evaluate.measures.drawing import curve_lengths, drawing_facts
from pipelines.evaluate.measures.legibility import legibility, reader
from pipelines.evaluate.measures.likeness import psnr, ssim
from pipelines.evaluate.measures.mesh import mesh_validity
from pipelines.evaluate.measures.recall import k_means, pooled, projected, purity, ranks, regions
from pipelines.evaluate.measures.views import adjacent_similarity
from pipelines.evaluate.measures.zero_shot import classify, with_article, without_article
from pipelines.evaluate.retrieval import Precision, Retrieval, dream_fields, retrieved, standard_error
from renderers.strokes.svg.read import parse_svg


def rows(count: int, dimensions: int, seed: int = 0) -> Tensor:
    return F.normalize(torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_names_tell_measures_apart() -> None:
    """A record holds the numbers of many, each under a name that begins with that of its measure."""
    names = MEASURES.names()
    assert not [(one, other) for one in names for other in names if one.startswith(f"{other}_")]
    for name in names:
        maker = MEASURES.find(name)
        assert maker.kinds
        assert all(number == name or number.startswith(f"{name}_") for number in (*maker.higher, *maker.lower))


def test_the_clip_score_is_a_hundred_cosines() -> None:
    words = torch.tensor([2.0, 0.0])
    pictures = torch.tensor([[3.0, 0.0], [1.0, 1.0], [-1.0, 0.0]])
    assert clip_score(pictures, words).tolist() == pytest.approx([100.0, 100 / math.sqrt(2), 0.0])


def test_likeness_is_that_of_scikit_image() -> None:
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, 40, 50, generator=generator)
    target = (picture + 0.2 * torch.rand(1, 3, 40, 50, generator=generator)).clamp(0, 1)
    one, other = (each[0].permute(1, 2, 0).double().numpy() for each in (picture, target))
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    _, whole = structural_similarity(one, other, channel_axis=2, full=True, **settings)
    assert ssim(picture, target) == pytest.approx(float(whole[5:-5, 5:-5].mean()), abs=1e-9)
    assert psnr(picture, target) == pytest.approx(peak_signal_noise_ratio(one, other, data_range=1.0), abs=1e-4)
    assert (ssim(picture, picture), psnr(picture, picture)) == (pytest.approx(1.0), 100.0)


def test_cmmd_is_its_formula() -> None:
    x, y = rows(7, 5), rows(4, 5, 1)
    kernel = lambda a, b: math.exp(-float((a - b).square().sum()) / 200)  # noqa: E731
    means = [np.mean([kernel(a, b) for a in one for b in other]) for one, other in ((x, x), (y, y), (x, y))]
    assert cmmd(x, y) == pytest.approx(1000 * (means[0] + means[1] - 2 * means[2]), rel=1e-4)
    assert cmmd(x, x) == pytest.approx(0.0, abs=1e-9)


def test_diversity_is_the_entropy_of_the_schur_complement() -> None:
    pictures, words = rows(40, 6), rows(5, 4, 1).repeat_interleave(8, dim=0)
    y, x = pictures.double().numpy(), words.double().numpy()
    explained = (y.T @ x / 40) @ pinvh(x.T @ x / 40) @ (x.T @ y / 40)
    expected = []
    for matrix in (y.T @ y / 40 - explained, explained):
        values = np.linalg.eigvalsh(matrix)
        values = values[values > 1e-9]
        expected.append(math.exp(-(values * np.log(values / values.sum())).sum()))
    assert schur_complement_entropy(pictures, words) == pytest.approx(expected, rel=1e-6)


def test_diversity_beside_one_prompt_is_that_of_what_differs() -> None:
    """Three kinds of pictures, equally often: what is left of their covariance has the eigenvalues 1/3 and 1/3."""
    own, explained = schur_complement_entropy(torch.eye(3).repeat(4, 1), torch.ones(12, 1))
    assert own == pytest.approx(math.exp(2 / 3 * math.log(2)))
    assert explained == pytest.approx(1.0)


def test_regions_overlap_as_told() -> None:
    column = torch.arange(160.0).view(1, 1, 1, 160).expand(1, 3, 160, 160)
    parts = regions(column, 0.4)
    assert parts.shape == (5, 3, 224, 224)
    left, right = parts[0, 0, 0], parts[1, 0, 0]
    assert (float(left[0]), float(left[-1])) == pytest.approx((0, 99), abs=0.5)  # sides of 100 of 160 pixels
    assert (float(right[0]), float(right[-1])) == pytest.approx((60, 159), abs=0.5)  # 40 of them are shared
    assert float(parts[4, 0, 0].mean()) == pytest.approx(79.5)


def test_parts_are_pooled() -> None:
    parts = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0]])
    assert pooled(parts, "mean").tolist() == pytest.approx([2 / math.sqrt(5), 1 / math.sqrt(5)])
    assert pooled(parts, "max").tolist() == pytest.approx([1 / math.sqrt(2)] * 2)


def test_ranks_and_principal_components() -> None:
    gallery = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    assert ranks(torch.tensor([[1.0, 0.1], [0.5, 1.0], [0.0, 1.0]]), gallery, [0, 1, 1]) == [1, 2, 1]
    assert ranks(gallery[:1], torch.ones(3, 2), [0]) == [3]  # of what is alike, the last
    points = rows(30, 8)
    first, same = projected(points, points, 3)
    expected = (points - points.mean(dim=0)) @ torch.pca_lowrank(points, 8, niter=20)[2][:, :3]
    torch.testing.assert_close(first.abs(), expected.abs(), atol=1e-3, rtol=0)
    assert torch.equal(first, same)


def test_clusters_are_found_and_their_purity() -> None:
    centres = 10 * torch.eye(4)
    points = centres.repeat(6, 1) + 0.3 * rows(24, 4)
    labels = k_means(points, 4, torch.Generator().manual_seed(1))
    assert purity(labels.tolist(), list(range(4)) * 6) == 1.0
    assert purity([0, 0, 0, 1, 1], [5, 5, 7, 7, 8]) == pytest.approx(3 / 5)


def test_classes_and_their_sentences() -> None:
    cosine = torch.tensor([[0.3, 0.2, 0.1], [0.1, 0.4, 0.2]])
    mean = (10 * cosine).softmax(dim=1).mean(dim=0)
    assert classify(cosine, 10.0, 0) == (pytest.approx(float(mean[0])), 2, 1)
    assert classify(torch.zeros(1, 4), 1.0, 2)[1] == 4  # what is as probable as all others is not recognised
    assert [without_article(text) for text in ("A red mug.", "an owl", "the sea")] == ["red mug", "owl", "sea"]
    assert [with_article(text) for text in ("owl", "red mug")] == ["an owl", "a red mug"]


def test_the_captions_of_dream_fields_end_in_full_stops() -> None:
    captions = dream_fields()
    assert len(captions) == len(set(captions)) == 153
    read: list[str] = []

    def embed(texts: list[str]) -> Tensor:
        read.extend(texts)
        return torch.eye(len(texts))

    seen = torch.eye(154)[[153, 2]]
    found = retrieved(seen, ["a Mug. ", captions[1]], [*captions, "a mug"], embed, stop=True)
    assert [each.rank for each in found] == [1, 154]
    assert read[0] == "a blue bicycle parked by a metal gate."
    assert read[-1] == "a mug."


def test_the_standard_error_is_scipys() -> None:
    hits = [1.0, 0.0, 1.0, 1.0, 0.0]
    assert standard_error(hits) == pytest.approx(sem(hits))
    found = Precision.of([Retrieval("a", "a", 1 if hit else 2) for hit in hits])
    assert (found.mean, found.error) == (0.6, pytest.approx(sem(hits)))


def test_arc_lengths_are_scipys() -> None:
    cubics = 50 * torch.rand(6, 4, 2, generator=torch.Generator().manual_seed(0)).double()
    for cubic, found in zip(cubics.numpy(), curve_lengths(cubics), strict=True):
        a, b, c = 3 * np.diff(cubic, axis=0)
        speed = lambda t, a=a, b=b, c=c: np.hypot(*((1 - t) ** 2 * a + 2 * t * (1 - t) * b + t * t * c))  # noqa: E731
        assert float(found) == pytest.approx(quad(speed, 0, 1)[0], rel=1e-3)


def test_a_drawing_is_counted() -> None:
    text = """<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><g fill="none" stroke="black">
    <path d="M0 0H100"/><path d="M10 10v20h20v-20z"/></g><circle cx="50" cy="25" r="10"/></svg>"""
    facts = drawing_facts(parse_svg(text).scene)
    assert (facts["strokes"], facts["shapes"]) == (2, 1)
    assert facts["length"] == pytest.approx(1.8)
    assert facts["segments"] == 1 + 4 + 4


def test_solid_things_are_told_from_others() -> None:
    box = trimesh.creation.box((1, 2, 3))

    def facts(vertices: np.ndarray, faces: np.ndarray) -> dict[str, float]:
        return mesh_validity(torch.tensor(vertices).float(), torch.tensor(faces.copy()).int())

    found = facts(box.vertices, box.faces)
    assert [found[name] for name in ("watertight", "consistent", "components", "faces")] == [1, 1, 1, 12]
    assert (found["area"], found["volume"]) == pytest.approx((22, 6))
    two = facts(np.concatenate([box.vertices, box.vertices + 9]), np.concatenate([box.faces, box.faces + 8]))
    assert (two["components"], two["volume"]) == (2, pytest.approx(12))
    hole = facts(box.vertices, box.faces[1:])
    assert (hole["watertight"], hole["consistent"], hole.get("volume")) == (0, 1, None)
    turned = box.faces.copy()
    turned[0] = turned[0][::-1]
    assert (facts(box.vertices, turned)["consistent"], facts(box.vertices, box.faces[:, ::-1])["volume"]) == (
        0,
        pytest.approx(-6),
    )


def test_neighbours_all_around() -> None:
    seen = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, 1.0]])
    assert adjacent_similarity(seen).tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("read", "text", "share"),
    [("cat", "CAT", 1.0), ("C AT", "CAT", 1.0), ("CUT", "CAT", 2 / 3), ("", "CAT", 0.0), ("CATTTTT", "CAT", 0.0)],
)
def test_legibility_is_one_less_the_error_rate(read: str, text: str, share: float) -> None:
    assert legibility(read, text) == pytest.approx(share)


def test_printed_letters_are_read(tmp_path: Path) -> None:
    picture = Image.new("RGB", (260, 100), "white")
    font = ImageFont.truetype("configs/assets/DejaVuSans-Bold.ttf", 72)
    ImageDraw.Draw(picture).text((20, 8), "OWL", "black", font)
    found = reader()(np.asarray(picture), use_det=False, use_cls=False, use_rec=True)
    assert legibility("".join(found.txts), "OWL") == 1.0
