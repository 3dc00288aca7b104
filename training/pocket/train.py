"""Training: plain at first, then on adversarial pictures; stops and goes on at any time."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from open_clip.model import CLIP
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from guidance.encoders.precision import fast_dtype
from guidance.encoders.size import interpolated
from guidance.pocket.architecture import ARCHITECTURES, build
from training.pocket.adversary import ascend, random_start
from training.pocket.facts import FactVectors
from training.pocket.lessons import Pictures, Texts, draw_pictures, draw_texts
from training.pocket.objective import embed_text, prepare
from training.pocket.recipes import Recipe, Stage
from training.pocket.tokens import Compactor, tokens_in_use
from training.world.captions import Captions, Fact
from training.world.compose import TINY, Composer
from training.world.sprites import Sprites

SAVE_SECONDS = 180.0
REDUCTION = 32  # of a picture's side by the image tower


class Trainer:
    """One model in training, with its averaged weights and optimiser state.

    Args:
        name: key of ``ARCHITECTURES``.
        sprites: the world.
        folder: where checkpoints go.
        recipe: what is done.
        device: where it is done; the pictures are composed there, too.
    """

    def __init__(
        self, name: str, sprites: Sprites, folder: Path, recipe: Recipe, device: torch.device | str = "cpu"
    ) -> None:
        self.device = torch.device(device)
        self.seed, self.stages = recipe.seed, recipe.stages
        with self.device:
            self._build(name, sprites.to(self.device))
        self.path = folder / f"{name}.train.safetensors"
        self.stage, self.steps, self.seen = 0, 0, 0
        self.begun = 0  # step at which this stage began
        self.elapsed, self.total = 0.0, 0.0  # seconds of this stage, of all stages
        if self.path.exists():
            self._resume()

    def _build(self, name: str, sprites: Sprites) -> None:
        self.captions = Captions(sprites)
        self.sprites = sprites
        self.ids = tokens_in_use(self.captions.words())
        self.compact = Compactor(self.ids)
        torch.manual_seed(self.seed)
        self.model = build(ARCHITECTURES[name], len(self.ids)).to(memory_format=torch.channels_last)
        self.average = {key: value.detach().clone().float() for key, value in self.model.state_dict().items()}
        width = int(self.model.text_projection.shape[1])
        self.vectors = FactVectors(len(sprites.names), width)
        self.spread_out = nn.BatchNorm1d(width, affine=False)  # a new tower's embeddings are nearly all the same
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
        groups.append({"params": list(self.vectors.parameters()), "weight_decay": 0.0})
        self.optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.05, fused=True)

    def run(self) -> None:
        """Train until the last stage's time is over."""
        with self.device, ThreadPoolExecutor(1) as ahead:
            while self.stage < len(self.stages):
                stage = self.stages[self.stage]
                self._set_size(stage.size)
                self._run_stage(stage, ahead)
                if stage.learns == "names":
                    self._fold()
                self.stage, self.elapsed, self.begun = self.stage + 1, 0.0, self.steps
                self.save()

    def _run_stage(self, stage: Stage, ahead: ThreadPoolExecutor) -> None:
        """Batches are drawn one ahead, beside the work on the one before."""
        composer = Composer(self.sprites, TINY if stage.learns == "words" else stage.size)
        saved = time.monotonic()
        batch = ahead.submit(self._draw, composer, stage, self.steps, self.elapsed)
        while self.elapsed < stage.minutes * 60:
            start = time.monotonic()
            drawn = batch.result()
            batch = ahead.submit(self._draw, composer, stage, self.steps + stage.replays, self.elapsed)
            progress = self.elapsed / (stage.minutes * 60)
            rate = stage.rate[1] + (stage.rate[0] - stage.rate[1]) * (1 + math.cos(math.pi * progress)) / 2
            loss = self._read(drawn, rate) if isinstance(drawn, Texts) else self._see(drawn, stage, progress, rate)
            spent = time.monotonic() - start
            self.elapsed, self.total = self.elapsed + spent, self.total + spent
            if (self.steps - self.begun) % (10 * stage.replays) == 0:
                clock = time.strftime("%H:%M:%S")
                print(f"{clock} stage {self.stage} {self.elapsed:6.0f} s step {self.steps} {loss}", flush=True)
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save()
                saved = time.monotonic()

    def _generator(self, step: int) -> torch.Generator:
        return torch.Generator(self.device).manual_seed(self.seed * 1_000_003 + step)

    def _draw(self, composer: Composer, stage: Stage, step: int, elapsed: float) -> Pictures | Texts:
        with self.device:  # the default device is a thread's own
            generator = self._generator(step)
            if stage.learns == "words":
                return draw_texts(composer, self.captions, self.compact, stage.batch, generator)
            return draw_pictures(composer, stage, elapsed / (stage.minutes * 60), generator)

    def _see(self, drawn: Pictures, stage: Stage, progress: float, rate: float) -> str:
        """All updates of the image tower on one batch; returns a line for the log."""
        pixels, facts, shown = drawn
        generator = self._generator(-1 - self.steps)
        low, high = (bound * stage.size / 64 for bound in stage.radius)
        radius = (low + (high - low) * min(1.0, 2 * progress)) * (
            0.4 + 0.6 * torch.rand(len(pixels), generator=generator)
        )
        radius[shown:] *= 3  # what shows nothing may be driven further and still must not match
        change = random_start(pixels, radius, generator)
        line = f"lr {rate:.1e} radius {radius.mean():.2f}"
        for replay in range(stage.replays):
            changed = (pixels + change).requires_grad_(replay < stage.replays - 1)
            self.model.train()
            with self._fast():
                image = self.model.encode_image(prepare(changed)).float()
            if stage.learns == "names":
                names = facts[:, Fact.OBJECT]
                logits = self.spread_out(image) @ self.vectors.objects.T
                loss = F.cross_entropy(logits, names)
                line += f" | loss {loss.item():.3f} right {float((logits.argmax(1) == names).float().mean()):.3f}"
            else:
                loss, right = self.vectors.classify(F.normalize(image, dim=-1), facts, self.model.logit_scale.exp())
                line += f" | loss {loss.item():.3f} right " + " ".join(
                    f"{name} {share:.2f}" for name, share in right.items()
                )
            self._update(loss, rate)
            self.seen += stage.batch
            if changed.grad is not None:
                change = ascend(change, changed.grad, radius, 1.0)
        return line

    def _read(self, drawn: Texts, rate: float) -> str:
        """One update of the text tower alone; returns a line for the log."""
        with self._fast():
            text = torch.cat([embed_text(self.model, rows) for rows in drawn.rows])
        told = self.vectors.tell(drawn.claims, self.captions.owners)
        logits = self.model.logit_scale.detach().exp() * text @ told.T
        same = (drawn.claims[:, None] == drawn.claims[None]).all(-1)
        near = (text * told).sum(-1).mean()
        loss = F.cross_entropy(logits, same / same.sum(1, keepdim=True)) + 10 * (1 - near)
        self._update(loss, rate)
        right = same.gather(1, logits.argmax(1, keepdim=True)).float().mean()
        return f"lr {rate:.1e} | loss {loss.item():.3f} cosine {near:.3f} right {right:.3f}"

    @torch.no_grad()
    def _fold(self) -> None:
        """Move what the classifier's normalisation did into the image tower's last layer."""
        mean, variance = self.spread_out.state_dict()["running_mean"], self.spread_out.state_dict()["running_var"]
        deviation = (variance + self.spread_out.eps).sqrt()
        for state in (self.model.state_dict(), self.average):
            state["visual.attnpool.c_proj.weight"] /= deviation[:, None]
            bias = state["visual.attnpool.c_proj.bias"]
            bias.copy_((bias - mean) / deviation)

    def _update(self, loss: Tensor, rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.steps + 1) / 100)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimiser.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(math.log(10), math.log(100))
        self._update_average()
        self.steps += 1

    @contextmanager
    def _fast(self) -> Iterator[None]:
        """Half precision where it is faster, and attention whose backward pass is fast on a CPU."""
        kind = self.device.type
        half = fast_dtype(kind) == torch.bfloat16
        kernels = [SDPBackend.MATH] if kind == "cpu" else [SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
        with torch.autocast(kind, torch.bfloat16, enabled=half), sdpa_kernel(kernels):
            yield

    @torch.no_grad()
    def _update_average(self) -> None:
        # It begins anew with each stage: what one stage teaches fast would drag along where it came from.
        since = self.steps - self.begun
        weight = 1 - min(0.999, (1 + since) / (10 + since))
        for key, value in self.model.state_dict().items():
            self.average[key].lerp_(value.float(), weight)

    def _set_size(self, size: int) -> None:
        """Change the size of pictures: the table of positions is interpolated."""
        visual = self.model.visual
        if visual.image_size in (size, (size, size)):
            return
        key = "visual.attnpool.positional_embedding"
        parameter = self.model.get_parameter(key)
        self.optimiser.state.pop(parameter, None)
        parameter.data = interpolated(parameter.data, size // REDUCTION)
        self.average[key] = interpolated(self.average[key], size // REDUCTION)
        visual.image_size = size

    def averaged(self) -> CLIP:
        """The averaged weights as a model in evaluation mode; the training goes on unharmed."""
        self.model.load_state_dict(self.average)
        return self.model.eval()

    def save(self) -> None:
        """Write a checkpoint, all or nothing."""
        arrays = {f"model.{k}": v.contiguous() for k, v in self.model.state_dict().items()}
        arrays |= {f"average.{k}": v.contiguous() for k, v in self.average.items()}
        arrays |= {f"vectors.{k}": v for k, v in self.vectors.state_dict().items()}
        arrays |= {f"spread_out.{k}": v for k, v in self.spread_out.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            arrays |= {f"optimiser.{index}.{k}": v.contiguous() for k, v in state.items()}
        progress = {
            "stage": self.stage,
            "elapsed": self.elapsed,
            "total": self.total,
            "steps": self.steps,
            "begun": self.begun,
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
            arrays = {key: file.get_tensor(key).to(self.device) for key in file.keys()}  # noqa: SIM118
        for key, value in progress.items():
            setattr(self, key, value)
        self.model.load_state_dict({k[6:]: v for k, v in arrays.items() if k.startswith("model.")})
        self.vectors.load_state_dict({k[8:]: v for k, v in arrays.items() if k.startswith("vectors.")})
        self.spread_out.load_state_dict({k[11:]: v for k, v in arrays.items() if k.startswith("spread_out.")})
        self.average = {k[8:]: v for k, v in arrays.items() if k.startswith("average.")}
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in arrays.items():
            if key.startswith("optimiser."):
                _, index, field = key.split(".", 2)
                state.setdefault(int(index), {})[field] = value
        whole = self.optimiser.state_dict()
        self.optimiser.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
