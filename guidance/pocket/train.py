"""Training: plain at first, then on adversarial pictures; stops and goes on at any time."""

from __future__ import annotations

import json
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from open_clip.model import CLIP
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.attention import SDPBackend, sdpa_kernel

from guidance.pocket.adversary import ascend, random_start
from guidance.pocket.architecture import ARCHITECTURES, build
from guidance.pocket.objective import (
    Batch,
    concept_claims,
    contrastive_loss,
    draw_batch,
    embed_image,
    embed_text,
    prototype_loss,
)
from guidance.pocket.vocabulary import Compactor, tokens_in_use
from guidance.pocket.world.captions import Captions
from guidance.pocket.world.compose import Composer
from guidance.pocket.world.sprites import Sprites

WORKERS = 2
BATCH, NOTHING = 64, 8  # for each worker
SAVE_SECONDS = 180.0


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    Attributes:
        minutes: wall time.
        size: side of the pictures in pixels.
        replays: updates for each batch; after the first, each sees pictures changed by one more step of attack.
        radius: L2 bound of the attack at the start and at the end; the end is reached half way.
        rate: learning rate at the start and at the end, cosine between.
    """

    minutes: float
    size: int
    replays: int
    radius: tuple[float, float]
    rate: tuple[float, float]


RECIPES: dict[str, tuple[int, tuple[Stage, ...]]] = {  # name -> seed, stages
    "pocket": (
        20,
        (
            Stage(14, 64, 1, (0.0, 0.0), (1e-3, 8e-4)),
            Stage(50, 64, 3, (0.5, 3.0), (1e-3, 1e-4)),
        ),
    ),
    "pocket-judge": (77, (Stage(24, 64, 1, (0.0, 0.0), (1e-3, 1e-5)),)),
}


def train(name: str, cache: Path) -> None:
    """Train a model with one single-threaded process for each core, which lose less to other programs than threads.

    Args:
        name: key of ``RECIPES``.
        cache: folder with the sprites, where checkpoints go.
    """
    with tempfile.TemporaryDirectory() as meeting:
        spawn(_work, (name, cache, f"file://{meeting}/point"), nprocs=WORKERS)  # type: ignore[no-untyped-call]


def _work(worker: int, name: str, cache: Path, meeting: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=worker, world_size=WORKERS)
    Trainer(name, Sprites.load(cache / "sprites.safetensors"), cache, worker).run()
    dist.destroy_process_group()


class Trainer:
    """One model in training, with its averaged weights and optimiser state.

    Args:
        name: key of ``ARCHITECTURES`` and ``RECIPES``.
        sprites: the world.
        folder: where checkpoints go.
        worker: which of the processes that train together; the first writes the checkpoints.
    """

    def __init__(self, name: str, sprites: Sprites, folder: Path, worker: int = 0) -> None:
        self.worker = worker
        self.seed, self.stages = RECIPES[name]
        self.captions = Captions(sprites)
        self.sprites = sprites
        self.ids = tokens_in_use(self.captions.words())
        self.compact = Compactor(self.ids)
        torch.manual_seed(self.seed)
        self.model = build(ARCHITECTURES[name], len(self.ids)).to(memory_format=torch.channels_last)
        self.average = {key: value.detach().clone().float() for key, value in self.model.state_dict().items()}
        width = int(self.model.text_projection.shape[1])
        self.prototypes = nn.Parameter(torch.randn(len(sprites.names), width) / math.sqrt(width))
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
        groups.append({"params": [self.prototypes], "weight_decay": 0.0})
        self.optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.05)
        self.path = folder / f"{name}.train.safetensors"
        self.stage, self.steps, self.seen = 0, 0, 0
        self.elapsed, self.total = 0.0, 0.0  # seconds of this stage, of all stages
        self.names = self.compact(sprites.names)
        self.bank = torch.zeros(0)
        self.bank_claims = concept_claims(len(sprites.names))
        if self.path.exists():
            self._resume()

    def run(self) -> None:
        """Train until the last stage's time is over."""
        saved = time.monotonic()
        while self.stage < len(self.stages):
            stage = self.stages[self.stage]
            self._set_size(stage.size)
            composer = Composer(self.sprites, stage.size)
            while self.elapsed < stage.minutes * 60:
                start = time.monotonic()
                loss = self._batch(composer, stage, self.elapsed / (stage.minutes * 60))
                spent = self._agreed(time.monotonic() - start)
                self.elapsed, self.total = self.elapsed + spent, self.total + spent
                if self.worker:
                    continue
                if self.steps % (10 * stage.replays) == 0:
                    clock = time.strftime("%H:%M:%S")
                    print(f"{clock} stage {self.stage} {self.elapsed:6.0f} s step {self.steps} {loss}", flush=True)
                if time.monotonic() - saved > SAVE_SECONDS:
                    self.save()
                    saved = time.monotonic()
            self.stage, self.elapsed = self.stage + 1, 0.0
            if not self.worker:
                self.save()

    def _batch(self, composer: Composer, stage: Stage, progress: float) -> str:
        """All updates on one batch; returns a line for the log."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.steps * WORKERS + self.worker)
        batch = draw_batch(composer, self.captions, self.compact, BATCH, NOTHING, generator)
        # Noise of many strengths smooths the function, which aligns its gradients with what one sees.
        sigma = (torch.randn(len(batch.pictures), 1, 1, 1, generator=generator) * 0.1).abs()
        sigma[torch.rand(len(sigma), generator=generator) < 0.4] = 0
        noisy = batch.pictures + sigma * torch.randn(batch.pictures.shape, generator=generator)
        if len(self.bank) == 0 or self.steps % 24 < stage.replays:
            self._refresh_bank()
        truth = self.captions.true_of(batch.facts, torch.cat([batch.claims, self.bank_claims]))

        low, high = stage.radius
        radius = (low + (high - low) * min(1.0, 2 * progress)) * (
            0.4 + 0.6 * torch.rand(len(noisy), generator=generator)
        )
        radius[batch.count :] *= 3  # what shows nothing may be driven further and still must not match
        rate = stage.rate[1] + (stage.rate[0] - stage.rate[1]) * (1 + math.cos(math.pi * progress)) / 2
        change = random_start(noisy, radius, generator)
        line = f"lr {rate:.1e} radius {radius.mean():.2f}"
        for replay in range(stage.replays):
            for group in self.optimiser.param_groups:
                group["lr"] = rate * min(1.0, (self.steps + 1) / 100)
            self.optimiser.param_groups[-1]["lr"] *= 3
            pictures = (noisy + change).requires_grad_(replay < stage.replays - 1)
            concepts = torch.randint(len(self.prototypes), (BATCH,), generator=generator)
            loss, right = self._loss(pictures, batch, truth, concepts)
            self.optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            self._share_gradients()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
            self.optimiser.step()
            with torch.no_grad():
                self.model.logit_scale.clamp_(0, math.log(100))
            self._update_average()
            self.steps += 1
            self.seen += BATCH * WORKERS
            line += f" | loss {loss.item():.3f} top-1 of all {right:.3f}"
            if pictures.grad is not None:
                change = ascend(change, pictures.grad, radius, 1.0)
        return line

    def _loss(self, pictures: Tensor, batch: Batch, truth: Tensor, concepts: Tensor) -> tuple[Tensor, float]:
        self.model.train()
        # The fused attention's backward pass is several times slower than the plain one on a CPU.
        with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            image = embed_image(self.model, pictures)
            text = embed_text(self.model, batch.texts)
            names = embed_text(self.model, self.names[concepts])
        scale = self.model.logit_scale.exp()
        loss = contrastive_loss(image, text, self.bank, truth, batch.count, scale)
        named = truth[: batch.count, -len(self.bank) :]
        loss = loss + prototype_loss(image[: batch.count], named, names, concepts, self.prototypes, scale)
        best = (image[: batch.count].detach() @ self.bank.T).argmax(1)
        right = named.gather(1, best[:, None])[named.any(1)].float().mean()
        return loss, float(right)

    @staticmethod
    def _agreed(seconds: float) -> float:
        """The same time for all workers, so that they stop together."""
        shared = torch.tensor(seconds, dtype=torch.float64)
        if dist.is_initialized():
            dist.broadcast(shared, 0)
        return float(shared)

    def _share_gradients(self) -> None:
        if not dist.is_initialized():
            return
        gradients = [p.grad for group in self.optimiser.param_groups for p in group["params"] if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(flat)
        for gradient, part in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient) / WORKERS)

    @torch.no_grad()
    def _refresh_bank(self) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            self.bank = embed_text(self.model, self.names)

    @torch.no_grad()
    def _update_average(self) -> None:
        weight = 1 - min(0.999, (1 + self.steps) / (10 + self.steps))
        for key, value in self.model.state_dict().items():
            self.average[key].lerp_(value.float(), weight)

    def _set_size(self, size: int) -> None:
        """Change the size of pictures: the attention pool's positions are interpolated."""
        visual = self.model.visual
        if visual.image_size in (size, (size, size)):
            return
        for table in (visual.attnpool.positional_embedding.data, self.average["visual.attnpool.positional_embedding"]):
            old, new = math.isqrt(len(table) - 1), size // 32
            grid = table[1:].T.reshape(1, -1, old, old)
            grid = F.interpolate(grid, size=new, mode="bicubic", align_corners=True)
            resized = torch.cat([table[:1], grid.flatten(2)[0].T])
            if table is self.average["visual.attnpool.positional_embedding"]:
                self.average["visual.attnpool.positional_embedding"] = resized
            else:
                parameter = visual.attnpool.positional_embedding
                self.optimiser.state.pop(parameter, None)
                parameter.data = resized
        visual.image_size = size

    def averaged(self) -> CLIP:
        """The averaged weights as a model in evaluation mode; the training goes on unharmed."""
        self.model.load_state_dict(self.average)
        return self.model.eval()

    def save(self) -> None:
        """Write a checkpoint, all or nothing."""
        arrays = {f"model.{k}": v.contiguous() for k, v in self.model.state_dict().items()}
        arrays |= {f"average.{k}": v.contiguous() for k, v in self.average.items()}
        arrays["prototypes"] = self.prototypes.data
        for index, state in self.optimiser.state_dict()["state"].items():
            arrays |= {f"optimiser.{index}.{k}": v.contiguous() for k, v in state.items()}
        progress = {
            "stage": self.stage,
            "elapsed": self.elapsed,
            "total": self.total,
            "steps": self.steps,
            "seen": self.seen,
            "size": self.model.visual.image_size,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        save_file(arrays, temporary, metadata={"progress": json.dumps(progress)})
        temporary.replace(self.path)

    def _resume(self) -> None:
        with safe_open(self.path, framework="pt") as file:
            progress = json.loads(file.metadata()["progress"])
            size = progress.pop("size")
            self._set_size(size if isinstance(size, int) else size[0])
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        for key, value in progress.items():
            setattr(self, key, value)
        self.model.load_state_dict({k[6:]: v for k, v in arrays.items() if k.startswith("model.")})
        self.prototypes.data = arrays["prototypes"]
        self.average = {k[8:]: v for k, v in arrays.items() if k.startswith("average.")}
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in arrays.items():
            if key.startswith("optimiser."):
                _, index, field = key.split(".", 2)
                state.setdefault(int(index), {})[field] = value
        whole = self.optimiser.state_dict()
        self.optimiser.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
