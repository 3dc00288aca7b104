"""optimise_noise from YAML and the command line, with the shipped generator and with pipelines in diffusers' format."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import to_tensor

from limn.errors import InputError
from limn.step import Step
from pipelines import read_config, run
from pipelines.config.run_config import RunConfig
from pipelines.loop.callback import Callback
from pipelines.loop.checkpoint import Snapshot
from pipelines.loop.loop import Loop
from pipelines.loop.optimise import Result, optimise
from pipelines.runs.build import build
from renderers.generated import GeneratedImage

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "guidance" / "distillation"))

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tiny

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning:diffusers")


PIXELS: dict[str, Any] = {"losses": {"noise": {"loss": "chi_norm"}, "flat": {"loss": "total_variation"}}}


class Taker(Callback):
    """Keeps where a run stood after each step, and what it thought of the state before."""

    def __init__(self) -> None:
        self.taken: dict[int, Snapshot] = {}
        self.evaluated: dict[int, Tensor | None] = {}

    def step(self, loop: Loop) -> None:
        self.taken[loop.index], self.evaluated[loop.index] = loop.snapshot(), loop.eval_loss


def settings(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    """A short run of the shipped generator."""
    return {
        "recipe": "optimise_noise",
        "prompt": "a blue butterfly",
        "output": str(tmp_path),
        "name": "noise",
        "best_of": 2,
        "steps": 3,
        "size": 32,
        "num_augs": 0,
        "precision": "float32",
        "video": {"formats": []},
    } | changes


@pytest.fixture(scope="module")
def turbo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model in the format of SD-Turbo."""
    folder = tmp_path_factory.mktemp("turbo")
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        pipeline = tiny.stable_diffusion()
        parts = {**pipeline.components, "vae": tiny.vae(shift=None)}
        parts["scheduler"] = EulerDiscreteScheduler.from_config(pipeline.scheduler.config, timestep_spacing="trailing")
        StableDiffusionPipeline(**parts, requires_safety_checker=False).save_pretrained(folder)
    return folder


def optimised(config: RunConfig, resume: Snapshot | None = None, *callbacks: Callback) -> Result:
    """What becomes of a config, without a folder."""
    (stage,) = build(config)
    task = stage.task(None)
    return optimise(task.renderer, task.objective(), stage.settings, callbacks, resume)


def test_pictures_become_what_words_say(tmp_path: Path) -> None:
    """The loss falls, the best state is that of the least loss without the norm, and the norm stays usual."""
    taker = Taker()
    result = optimised(read_config(settings(tmp_path, best_of=1, steps=4)), None, taker)
    assert result.eval_losses < taker.evaluated[1] - 0.02
    assert 0 < result.eval_losses < 1  # chi_norm alone is below -9000
    renderer = result.renderer
    assert isinstance(renderer, GeneratedImage)
    length = float(renderer.noise.detach().norm()) / (renderer.noise.numel() - 1) ** 0.5
    assert length == pytest.approx(1, abs=0.05)


def test_any_objective_moves_the_noise(tmp_path: Path) -> None:
    """Words, pictures, an ensemble, a palette and a prior, all at once; every loss has a gradient on the noise."""
    losses = {
        "words": {"loss": "text_contrast", "others": ["a dog", "a house"]},
        "picture": {"loss": "image_similarity", "target": str(ROOT / "configs/assets/owl.png")},
        "pixels": {"loss": "pixels", "target": str(ROOT / "configs/assets/owl.png")},
        "prior": {"loss": "distillation", "prior": "pocket", "guidance_scale": 1, "samples": 1, "variant": "sds"},
    }
    config = read_config(settings(tmp_path, losses=losses, best_of=1))
    assert [*config.losses] == [*losses, "noise"]
    assert config.losses["noise"].loss == "chi_norm"
    (stage,) = build(config)
    task = stage.task(None)
    for name, value in task.objective()(task.renderer.render(), Step(0, 2)).values.items():
        (gradient,) = torch.autograd.grad(value.sum(), task.renderer.parameters(), retain_graph=True)
        assert gradient.isfinite().all(), name
        assert gradient.any(), name


def test_a_folder_of_diffusers_is_a_generator(turbo: Path, tmp_path: Path) -> None:
    """The picture of a run is what diffusers itself makes of the noise of that run."""
    config = read_config(settings(tmp_path, generator=f"local-dir:{turbo}", prompt="a red apple", best_of=1, steps=2))
    optimised(config).renderer.artefacts(tmp_path)
    latents = safetensors.torch.load_file(tmp_path / "noise.safetensors")["latents"]
    pipeline = StableDiffusionPipeline.from_pretrained(turbo, safety_checker=None, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    wanted = pipeline("a red apple", latents=latents, num_inference_steps=1, guidance_scale=0, output_type="pt").images
    assert (to_tensor(Image.open(tmp_path / "picture.png")) - wanted[0]).abs().max() < 1.5 / 255


def test_a_resumed_run_ends_with_the_same_bytes(turbo: Path, tmp_path: Path) -> None:
    """Momentum and best states go on from a snapshot as if nothing had happened."""
    changes = {"generator": f"local-dir:{turbo}", "prompt": "a red apple", "num_augs": 1, "best_of": 1}

    config, taker = read_config(settings(tmp_path, **changes)), Taker()
    whole = optimised(config, None, taker)
    again = optimised(config, taker.taken[2])
    assert again.report is not None
    for name, tensor in whole.renderer.state_dict().items():
        assert torch.equal(again.renderer.state_dict()[name], tensor)
    assert torch.equal(again.eval_losses, whole.eval_losses)
    assert not torch.equal(taker.taken[2].tensors["renderer/noise"], taker.taken[3].tensors["renderer/noise"])
    assert taker.taken[2].tensors["optimiser/noise.0.momentum_buffer"].any()


def test_what_is_no_generator_is_one_line(tmp_path: Path) -> None:
    def fails(pattern: str, **changes: Any) -> None:
        with pytest.raises(InputError, match=pattern) as caught:
            run(settings(tmp_path, **changes))
        assert "\n" not in str(caught.value)

    fails("generator 'exemplars' is no diffusion model; expected pocket, OWNER/MODEL", generator="exemplars")
    fails("unknown prior 'pockett'.*did you mean 'pocket'", generator="pockett", unknown_words="allow")
    fails("there is no such folder", generator=f"local-dir:{tmp_path}/none")
    fails("takes no timestep|expected less", timestep=1000)
    fails("chi_norm needs the noise of a generator; this scene has no geometry", **(PIXELS | {"recipe": "imagine"}))
    assert not list(tmp_path.glob("noise/*"))
