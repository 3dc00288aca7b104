"""What a simulated device refuses, and every shipped config on it; test_simulated.py runs this in a process apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import simulated
import torch
import torch.nn.functional as F
from shortened import shortened
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from guidance import Step
from limn import launch
from pipelines.cli.main import main
from pipelines.config.run_config import RunConfig

simulated.register()

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml"))
SHORT = [
    "steps=2",
    "eval_every=2",
    "checkpoint_every=1",
    "num_augs=1",
    "precision=float32",
    "preview_size=96",
    "video.formats=[]",
]
SHORTER = {
    "clipstyler": ["size=96"],
    "diffsketcher": ["sample.steps=4"],
    "edit": ["size=96"],
    "fit_mesh": ["texture_size=128"],
    "scene": ["size=96"],
    "sketch": ["size=96"],
    "stylise": ["size=96"],
    "stylised_strokes": ["size=96"],
    "stylise_mesh": ["texture_size=128", "losses.seen.others=[a dog, a house]"],
    "vectorfusion": ["sample.steps=4"],
    "vectorfusion_scratch": ["reinitialise={every: 1}"],
}

TOLERANCE = 1e-3
"""Relative. The same kernels run, but Adam moves a parameter by as much where its gradient is nothing but rounding."""


@pytest.fixture(autouse=True)
def _cuda_is_simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever asks for ``device=cuda`` gets the simulated device, whose memory Warp reads as the processor's."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(RunConfig, "torch_device", lambda self: torch.device("sim" if self.device == "cuda" else "cpu"))
    monkeypatch.setattr(launch, "warp_target", lambda device: {"device": "cpu"})
    with sdpa_kernel(SDPBackend.MATH):  # else the CPU rounds attention in its own way
        yield


def sim(*shape: int) -> Tensor:
    return torch.ones(shape, device="sim")


@pytest.mark.parametrize(
    "mix",
    [
        lambda: sim(3) + torch.ones(3),
        lambda: torch.ones(3).add_(sim(3)),
        lambda: torch.where(torch.ones(3) > 0, sim(3), sim(3)),
        lambda: torch.cat([sim(3), torch.ones(3)]),
        lambda: sim(3, 3) @ torch.ones(3, 3),
        lambda: F.conv2d(sim(1, 1, 3, 3), torch.ones(1, 1, 3, 3)),
        lambda: F.grid_sample(sim(1, 1, 3, 3), torch.ones(1, 1, 1, 2), align_corners=False),
        lambda: torch.ones(3)[sim(3) > 0],
    ],
)
def test_tensors_of_two_devices_do_not_mix(mix: Callable[[], Tensor]) -> None:
    with pytest.raises(RuntimeError, match="on the same device"):
        mix()


def test_what_cuda_allows_is_allowed() -> None:
    assert float((sim(3) * torch.tensor(2.0)).sum()) == 6.0
    assert sim(3)[torch.tensor([0, 2])].shape == (2,)
    assert torch.equal(sim(3).cpu(), torch.ones(3))
    with pytest.raises(TypeError, match="can't convert sim:0 device type tensor to numpy"):
        sim(3).numpy()


@pytest.mark.parametrize(
    "draw",
    [
        lambda generator: torch.rand(3, generator=generator, device="sim"),
        lambda generator: torch.randn(3, generator=generator, device="sim"),
        lambda generator: torch.randint(3, (3,), generator=generator, device="sim"),
        lambda generator: torch.randperm(3, generator=generator, device="sim"),
        lambda generator: torch.multinomial(sim(3), 1, generator=generator),
        lambda generator: sim(3).uniform_(generator=generator),
    ],
)
def test_a_generator_of_the_cpu_draws_nothing_on_a_device(draw: Callable[[torch.Generator], Tensor]) -> None:
    with pytest.raises(RuntimeError, match="expected a 'sim' device type for generator but found 'cpu'"):
        draw(Step(0, 1).generator())


def test_gradients_are_those_of_the_cpu() -> None:
    pictures = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.GELU(), torch.nn.Flatten(), torch.nn.LazyLinear(5))
    net(pictures)
    found = []
    for device in ("cpu", "sim"):
        given = pictures.clone().to(device).requires_grad_()
        net.to(device).zero_grad()
        changed = given * 2.0
        changed[:, 1] = 0.5  # in place, through a view
        net(changed.to(memory_format=torch.channels_last)).square().sum().backward()
        found.append([given.grad.cpu(), *(parameter.grad.cpu() for parameter in net.parameters())])
    for here, there in zip(*found, strict=True):
        torch.testing.assert_close(there, here)


def losses(folder: Path) -> list[Any]:
    """All numbers of the metrics of all stages but the times."""
    files = sorted(folder.glob("stages/*/metrics.jsonl")) or [folder / "metrics.jsonl"]
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(lines) == 3 * len(files)
    return [numbers(line | {"ms": 0.0}) for line in lines]


def short(config: str) -> list[str]:
    """What makes a shipped config short."""
    overrides = shortened(ROOT / f"configs/{config}.yaml", steps=2, eval_every=2)
    return [*SHORT, *(f"{key}={value}" for key, value in overrides.items()), *SHORTER.get(config, [])]


def numbers(value: Any) -> list[float]:
    """Those inside a value; words are left out."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [number for one in inside for number in numbers(one)]
    return [] if isinstance(value, str) else [value]


@pytest.mark.usefixtures("quick_outlines")
@pytest.mark.parametrize("config", CONFIGS)
def test_losses_are_those_of_the_cpu(config: str, tmp_path: Path) -> None:
    for device in ("cpu", "cuda"):
        where = [f"output={tmp_path}", "name=both", f"run={device}", f"device={device}"]
        assert main([f"configs/{config}.yaml", *where, *short(config)]) == 0
    here, there = losses(tmp_path / "both/cpu"), losses(tmp_path / "both/cuda")
    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        assert other == pytest.approx(one, rel=TOLERANCE)


@pytest.mark.parametrize(("config", "result"), [("svgdreamer", "drawing.svg"), ("fit_mesh", "model.glb")])
def test_a_stopped_run_goes_on(config: str, result: str, tmp_path: Path) -> None:
    (tmp_path / "whole-stops").touch()  # it has stopped already, as it were
    for run, code in (("whole", 0), ("stopped", 130)):
        stop = f"losses.stop={{loss: 'stopping:Once', at: 1, marker: '{tmp_path}/{run}-stops'}}"
        where = [f"output={tmp_path}", "name=both", f"run={run}", "device=cuda", f"import_from=[{HERE}]", stop]
        assert main([f"configs/{config}.yaml", *where, *short(config)]) == code
    whole, stopped = tmp_path / "both/whole", tmp_path / "both/stopped"
    assert not (stopped / result).exists()
    assert main(["resume", str(stopped)]) == 0
    assert (stopped / result).read_bytes() == (whole / result).read_bytes()
    assert main(["export", str(stopped), "size=64"]) == 0
