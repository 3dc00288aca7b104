"""Training of the denoiser by flow matching; stops and goes on at any time."""

from __future__ import annotations

import copy
import json
import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Generator, Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from guidance.encoders.precision import fast_dtype
from guidance.pocket.prior.architecture import build, flow, scheduler
from guidance.pocket.prior.memory import Memory
from guidance.pocket.prior.pipeline import PocketPipeline
from guidance.pocket.prior.words import Words
from training.prior.memory import first_looks, learn, memory_of_world
from training.prior.recipes import Recipe, Stage
from training.prior.words import words_of_pocket
from training.world.captions import Captions
from training.world.compose import TINY, Composer
from training.world.sprites import Sprites

SAVE_SECONDS = 120.0
CHUNK = 32  # pictures that stay in a processor's cache while they are drawn
WORDLESS = 0.12  # share of pictures whose caption is left out, for classifier-free guidance
LEVEL_MIDDLE, LEVEL_SPREAD = 0.5, 1.5  # of the logits of noise levels: often enough near 1, where backgrounds arise
WARM_UP = 200
AVERAGED = 0.999


class PriorTrainer:
    """The denoiser in training, with its averaged weights and optimiser state.

    Args:
        sprites: the world.
        folder: where the checkpoint goes.
        recipe: what is done.
        device: where it is done; the pictures are composed there, too.
        size: of the denoiser, see `build`.
    """

    def __init__(
        self,
        sprites: Sprites,
        folder: Path,
        recipe: Recipe,
        device: torch.device | str = "cpu",
        size: dict[str, int] | None = None,
    ) -> None:
        self.device, self.recipe = torch.device(device), recipe
        self.path = folder / "pocket-prior.train.safetensors"
        self.stage, self.steps, self.seen = 0, 0, 0
        self.elapsed, self.total = 0.0, 0.0  # seconds of this stage, of all stages
        self.world, self.captions = sprites, Captions(sprites)
        self.sprites = first_looks(sprites).to(self.device)
        # A checkpoint brings its own words: pocket may have learned on since, and other widths.
        self.words = (_kept_words(self.path) if self.path.exists() else words_of_pocket()).to(self.device)
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            self.model = build(*self.words.widths, size).to(self.device).train()
            self.memory = memory_of_world(self.sprites, self.words.widths[1]).to(self.device)
        for module in self.model.modules():
            if isinstance(module, nn.RMSNorm):  # autocast leaves these alone, and torch has no kernel for mixed types
                module.register_forward_pre_hook(lambda norm, given: (given[0].to(norm.weight.dtype),))
        self.average = {key: value.detach().clone() for key, value in self.model.named_parameters()}
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.01, fused=True
        )
        # Many small operations: compiling them about halves the time of a step on a GPU.
        self._flow = torch.compile(flow) if self.device.type == "cuda" else flow
        with self.device:
            self.composer = Composer(self.sprites, recipe.stages[0].size)
        if self.path.exists():
            self._resume()

    def run(self) -> None:
        """Trains until the last stage's time is over."""
        if not self.steps:
            print(f"memory: right {self.remember():.3f}", flush=True)
        saved = time.monotonic()
        while self.stage < len(self.recipe.stages):
            stage = self.recipe.stages[self.stage]
            while self.elapsed < stage.minutes * 60:
                start = time.monotonic()
                loss = self.update(stage, self.elapsed / (stage.minutes * 60))
                spent = time.monotonic() - start
                self.elapsed, self.total = self.elapsed + spent, self.total + spent
                if self.steps % 20 == 0:
                    clock = time.strftime("%H:%M:%S")
                    done = f"stage {self.stage} {self.elapsed:6.0f} s step {self.steps} looks {self.seen}"
                    print(f"{clock} {done} loss {float(loss):.4f}", flush=True)
                if time.monotonic() - saved > SAVE_SECONDS:
                    self.save()
                    saved = time.monotonic()
            self.stage, self.elapsed = self.stage + 1, 0.0
            self.save()

    def remember(self) -> float:
        """Teaches the memory its words; returns the share of right answers in the end."""
        with self.device:
            generator = Generator(self.device).manual_seed(self.recipe.seed)
            composer = Composer(self.sprites, TINY)
            return learn(self.memory, self.words, self.captions, composer, generator, self.recipe.learning)

    def update(self, stage: Stage, progress: float) -> Tensor:
        """One update on one batch.

        Args:
            stage: for its rate and batch.
            progress: the fraction of the stage that is done.

        Returns:
            The loss, mean square error of the flow, without gradient.
        """
        with self.device:
            generator = Generator(self.device).manual_seed(self.recipe.seed * 1_000_003 + self.steps)
            pictures, texts = self.draw(stage, generator)
            words, pooled = self.words(texts)
            said = [v.repeat_interleave(stage.looks, dim=0) for v in (words, pooled, self.memory(pooled))]
            clean = pictures.repeat_interleave(stage.looks, dim=0) * 2.0 - 1.0
            levels = spread_levels(len(clean), generator)
            noise = torch.randn(clean.shape, generator=generator)
            noisy = torch.lerp(clean, noise, levels.view(-1, 1, 1, 1))
            with self._fast():
                answer = self._flow(self.model, noisy, levels, *said)
            loss = (answer.float() - (noise - clean)).square().mean()
        rate = stage.rate[1] + (stage.rate[0] - stage.rate[1]) * (1.0 + math.cos(math.pi * progress)) / 2.0
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.steps + 1) / WARM_UP)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        kept = min(AVERAGED, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(list(self.average.values()), [p.detach() for p in self.model.parameters()], 1.0 - kept)
        self.steps, self.seen = self.steps + 1, self.seen + len(clean)
        return loss.detach()

    def draw(self, stage: Stage, generator: Generator) -> tuple[Tensor, list[str]]:
        """A batch of pictures [N, 3, H, W] in 0..1 with captions, some of them empty."""
        if self.composer.size != stage.size:
            self.composer = Composer(self.sprites, stage.size)
        most = CHUNK if self.device.type == "cpu" else stage.pictures
        rng = random.Random(int(torch.randint(1 << 62, (), generator=generator)))
        pictures: list[Tensor] = []
        texts: list[str] = []
        # What no words say is to be white; other backgrounds are told wherever they have a name.
        for part, grounds, told in ((stage.pictures * 3 // 4, 0.0, 0.3), (stage.pictures // 4, 1.0, 1.0)):
            for start in range(0, part, most):
                some, facts = self.composer.draw(
                    min(most, part - start), generator, self.recipe.mix, stage.spread, grounds
                )
                pictures.append(some)
                texts += self.captions.describe(facts, rng, told)[0]
        return torch.cat(pictures), ["" if rng.random() < WORDLESS else text for text in texts]

    def pipeline(self) -> PocketPipeline:
        """The averaged weights, ready to draw with; the training goes on unharmed."""
        model = copy.deepcopy(self.model)
        model.load_state_dict(self.average)
        side = self.recipe.stages[-1].size
        return PocketPipeline(model.eval().requires_grad_(False), self.words, self.memory, scheduler(), side)

    @contextmanager
    def _fast(self) -> Iterator[None]:
        """Half precision where it is faster, and attention whose backward pass is fast on a CPU."""
        kind = self.device.type
        half = fast_dtype(kind) == torch.bfloat16
        kernels = [SDPBackend.MATH]
        if kind == "cuda":
            kernels += [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION]
        with torch.autocast(kind, torch.bfloat16, enabled=half), sdpa_kernel(kernels):
            yield

    def save(self) -> None:
        """Writes a checkpoint, all or nothing."""
        arrays = {f"model.{key}": value for key, value in self.model.state_dict().items()}
        arrays |= {f"average.{key}": value for key, value in self.average.items()}
        arrays |= {f"words.{key}": value for key, value in self.words.state_dict().items()}
        arrays |= {f"memory.{key}": value for key, value in self.memory.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            arrays |= {f"optimiser.{index}.{key}": value for key, value in state.items()}
        progress = {key: getattr(self, key) for key in ("stage", "elapsed", "total", "steps", "seen")}
        metadata = {"progress": json.dumps(progress), "words": json.dumps(self.words.config)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        save_file({key: value.contiguous().cpu() for key, value in arrays.items()}, temporary, metadata)
        temporary.replace(self.path)

    def _resume(self) -> None:
        with safe_open(self.path, framework="pt", device=str(self.device)) as file:
            metadata = file.metadata()
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        for key, value in json.loads(metadata["progress"]).items():
            setattr(self, key, value)

        def part(name: str) -> dict[str, Tensor]:
            return {key.removeprefix(name): value for key, value in arrays.items() if key.startswith(name)}

        self.model.load_state_dict(part("model."))
        averaged = part("average.")
        self.average = {key: averaged[key] for key in self.average}  # in the order of the parameters
        self.memory = Memory.of_state(part("memory.")).to(self.device)
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in part("optimiser.").items():
            index, field = key.split(".")
            state.setdefault(int(index), {})[field] = value
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})


def _kept_words(path: Path) -> Words:
    with safe_open(path, framework="pt") as file:
        keys = [key for key in file.keys() if key.startswith("words.")]  # noqa: SIM118
        state = {key.removeprefix("words."): file.get_tensor(key) for key in keys}
        return Words.of_state(json.loads(file.metadata()["words"]), state)


def spread_levels(count: int, generator: Generator) -> Tensor:
    """Noise levels [N] in 0..1, logit-normal, one from each of N equally likely ranges.

    Source: Esser et al., Scaling Rectified Flow Transformers, 2024, section 3.1; stratified as in Kingma et al.,
    Variational Diffusion Models, 2021, appendix I.1.
    """
    device = generator.device
    order = torch.randperm(count, generator=generator, device=device)
    share = (order + torch.rand(count, generator=generator, device=device)) / count
    normal: Tensor = torch.special.ndtri(share.clamp(1e-4, 1.0 - 1e-4))
    return (LEVEL_MIDDLE + LEVEL_SPREAD * normal).sigmoid()
