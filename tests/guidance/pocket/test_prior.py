"""The prior's parts: words, files, what score distillation sees."""

import re
from pathlib import Path

import diffusers
import pytest
import torch

from guidance.distillation import load_prior
from guidance.pocket import concepts
from guidance.pocket.prior import PocketPipeline, as_prior, load_pipeline
from guidance.pocket.prior.architecture import WIDE, build, flow, scheduler
from guidance.pocket.prior.load import WEIGHTS
from guidance.pocket.prior.memory import Memory
from guidance.pocket.prior.words import Words
from limn.errors import InputError

TINY = {"num_single_layers": 2, "num_attention_heads": 2, "attention_head_dim": 16}


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.load(WEIGHTS / "text_encoder")


@pytest.fixture(scope="module")
def memory(words: Words) -> Memory:
    """Three pictures, and words that mean nothing yet."""
    torch.manual_seed(2)
    return Memory(torch.randint(256, (3, 4, 32, 32)).byte(), words.widths[1])


@pytest.fixture
def pipeline(words: Words, memory: Memory) -> PocketPipeline:
    """Random, and far from the zero that an untrained one answers."""
    torch.manual_seed(3)
    model = build(*words.widths, TINY)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return PocketPipeline(model.eval(), words, memory, scheduler(), 16)


def test_untrained_denoiser_answers_zero(words: Words) -> None:
    model = build(*words.widths, TINY)
    noisy = torch.randn(2, 3, 16, 24)
    collage = torch.rand(2, 4, 32, 32)
    assert not flow(model, noisy, torch.tensor([0.1, 0.9]), *words(["a frog", ""]), collage).any()


def test_denoiser_hears_the_place_of_every_pixel(pipeline: PocketPipeline) -> None:
    """A change in one corner changes the answer there most, at the very pixels of its patch."""
    noisy, level = torch.randn(1, 3, 16, 16), torch.tensor([0.5])
    said = pipeline.condition(["a frog"])
    changed = noisy.clone()
    changed[..., 12:, :4] += 1.0
    with torch.no_grad():
        change = (
            flow(pipeline.transformer, changed, level, *said) - flow(pipeline.transformer, noisy, level, *said)
        ).abs()
    patches = torch.nn.functional.avg_pool2d(change.mean(dim=1), 4)[0]
    assert patches.argmax() == 3 * 4


def test_files_are_those_of_diffusers_and_bring_everything_back(pipeline: PocketPipeline, tmp_path: Path) -> None:
    pipeline.save(tmp_path, {"steps": 7})
    opened = diffusers.FluxTransformer2DModel.from_pretrained(tmp_path / "transformer", low_cpu_mem_usage=False)
    assert diffusers.FlowMatchEulerDiscreteScheduler.from_pretrained(tmp_path / "scheduler").config.shift == 1.0
    for key, value in pipeline.transformer.state_dict().items():
        assert torch.equal(opened.state_dict()[key], value), key
    again = load_pipeline(folder=tmp_path)
    pictures = [p.draw(["a red star"], torch.Generator().manual_seed(1), steps=3) for p in (pipeline, again)]
    torch.testing.assert_close(*pictures, atol=0.02, rtol=0.0)  # words are kept in half precision


def test_the_whole_prior_stays_below_20_megabytes(words: Words, tmp_path: Path) -> None:
    model = build(*words.widths, WIDE)
    words.save(tmp_path / "text_encoder")
    pictures = torch.zeros(len(concepts()), 4, 32, 32, dtype=torch.uint8)
    Memory(pictures, words.widths[1]).save(tmp_path / "memory")
    text = sum(file.stat().st_size for file in tmp_path.glob("*/*"))
    weights = 2 * sum(parameter.numel() for parameter in model.parameters())
    assert weights + text < 20e6


@pytest.mark.parametrize("time", [0.05, 0.5, 0.95])
def test_noise_is_what_the_flow_implies(pipeline: PocketPipeline, time: float) -> None:
    """z_t = (1 - t) z + t e and f = e - z give e = z_t + (1 - t) f."""
    prior = as_prior(pipeline)
    noisy, times = torch.randn(2, 3, 16, 16), torch.full((2,), time)
    said = pipeline.condition(["a frog", "a red star"])
    condition = dict(zip(("words", "pooled", "collage"), said, strict=True))
    with torch.no_grad():
        expected = noisy + (1 - time) * flow(pipeline.transformer, noisy, times, *said)
        torch.testing.assert_close(prior.predict_noise(noisy, times, condition), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(prior.embed("a frog")["pooled"], said[1][:1])
    alpha, sigma = prior.level(times)
    assert torch.allclose(alpha + sigma, torch.ones(())) and torch.allclose(sigma, torch.tensor(time))


def test_what_is_not_read_of_a_long_text_is_said(pipeline: PocketPipeline, caplog: pytest.LogCaptureFixture) -> None:
    prior = as_prior(pipeline)
    prior.embed(" ".join(["red"] * 22))
    assert not caplog.text
    prior.embed(" ".join(["red"] * 23))
    assert "prior pocket reads 24 tokens, not the end of 'red red" in caplog.text


def test_without_weights_one_line_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("prior 'pocket' has no weights yet: train and ship pocket-prior")):
        load_pipeline(folder=tmp_path)


def test_options_are_checked() -> None:
    with pytest.raises(InputError, match="prior 'pocket': unknown key 'side'; it takes none"):
        load_prior("pocket", side=32)
