"""AugmentedEncoder: an encoder and the way it looks at pictures, shared by losses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from guidance.augment import Augmentations, Draw
from guidance.augment.sampling import sample
from guidance.encoders import Encoded, Encoder
from guidance.target import Target
from limn.errors import InputError
from limn.frames import Frames
from limn.step import Step

OVERSAMPLING = 1.5, 2.0
"""Augmented looks are sampled from the picture itself where it is between this much larger than a look, else from one
resized to the first: less blurs them, more aliases."""


class AugmentedEncoder:
    """An encoder looking at every picture plainly and through random augmentations.

    All losses that hold the same view share one pass of the encoder per step, and all candidates, views and the target
    see the same draw.

    Args:
        encoder: what looks.
        augment: how the augmented looks are drawn.
        num_augs: augmented looks per picture.
        include_clean: whether the encoder sees the picture without augmentation, too; an evaluation
            (``step.training`` False) sees only that.
        smoothing: standard deviation of Gaussian noise on every look, in units of the 0..1 range, so that the mean over
            looks is that over noise; an evaluation then has as many looks, too.

    Raises:
        InputError: a view that never looks, or augmented looks at latents.

    Source: smoothing over noise as in SmoothGrad (Smilkov et al. 2017) and randomised smoothing (Cohen et al. 2019).
    """

    def __init__(
        self,
        encoder: Encoder,
        augment: Augmentations | None = None,
        num_augs: int = 4,
        include_clean: bool = True,
        smoothing: float = 0.0,
    ) -> None:
        self.encoder = encoder
        self.augment = augment or Augmentations()
        self.num_augs = num_augs
        self.include_clean = include_clean
        self.smoothing = smoothing
        self._layers: set[str] = set()
        self._targets: dict[tuple[int, tuple[str, ...]], _Target] = {}
        if num_augs + include_clean < 1:
            raise InputError("view: num_augs is 0 and include_clean is off, so there is nothing to look at")
        if num_augs and encoder.channels != 3:
            raise InputError(f"encoder {encoder.name!r} reads latents, which augmentations spoil; expected num_augs: 0")

    def require(self, *layers: str) -> None:
        """Tells which inner layers a loss will read; called when it is built.

        Raises:
            InputError: no layer, or one that the encoder does not have.
        """
        if not layers:
            like = ", ".join(f"{name}: 1.0" for name in self.encoder.layers[-2:])
            raise InputError(f"layers is empty; expected weights, like {{{like}}}")
        self.encoder.check_layers(layers)
        self._layers.update(layers)

    def __call__(self, frames: Frames, step: Step) -> Encoded:
        """Encodes all pictures of a step, once.

        Args:
            frames: S candidates in V views.
            step: decides the draw.

        Returns:
            Embeddings [S, N, D] and layers [S, N, C, h, w]; N is V times the number of looks, the plain one first.
        """

        def encode() -> tuple[Frames, Encoded]:
            pictures = self._read(frames).flatten(0, 1)
            shape = (frames.candidates, -1)
            return frames, self._encode(self._look(pictures, step), shape)

        return step.share(("view", id(self), id(frames)), encode)[1]

    @torch.no_grad()
    def target(self, target: Target, frames: Frames, step: Step) -> Encoded:
        """Encodes a target under the same draw, without gradients; the clean look at a fixed one is encoded once.

        Args:
            target: what the frames are compared with.
            frames: of the step.
            step: decides the draw.

        Returns:
            Embeddings [1 or S, K, D] and layers [1 or S, K, C, h, w]: K is the number of looks at a fixed picture, V
            times that where there is one for each view, and what the target has where it is encoded already.
        """
        if target.views is not None:
            return self(target.frames(frames, step), step)
        if target.picture is None and target.film is None:
            return Encoded.given(target.embedding, target.layers)
        picture = target.fixed_picture()
        if self.encoder.channels != 3:
            raise InputError(f"encoder {self.encoder.name!r} reads latents, and a picture has none; expected words")
        return step.share(("target", id(self), id(picture)), lambda: self._encode_target(picture, step))

    def guides(self, masks: Tensor, step: Step) -> Tensor:
        """Where the looks of a step show what masks mark [K, R, h, w] in 0..1, of the encoder's size.

        Args:
            masks: of a picture [R, 1, H, W] in 0..1.
            step: decides the draw.
        """
        size = self.encoder.preprocess.size_for(masks)
        plain = replace(self.encoder.preprocess, fill=0.0).fit_to(masks, size)[0]
        looks = [plain.transpose(0, 1)] * self._plain_looks(step)
        if self.num_augs and step.training:
            beside = sample((1.0 - plain).expand(-1, 3, -1, -1), self._draw(step).grid(size).to(masks.device))
            looks.append(1.0 - beside[:, :, 0].transpose(0, 1))
        return torch.cat(looks).clamp(0.0, 1.0)

    def _read(self, frames: Frames) -> Tensor:
        """What of a scene the encoder reads [S, V, C, H, W]."""
        if self.encoder.channels == 3:
            return frames.rgb
        if frames.latents is None or frames.latents.shape[2] != self.encoder.channels:
            found = "pictures" if frames.latents is None else f"latents of {frames.latents.shape[2]} channels"
            raise InputError(
                f"encoder {self.encoder.name!r} reads latents of {self.encoder.channels} channels; this scene has "
                f"{found} (optimise_noise has latents with decoded: false)"
            )
        return frames.latents

    def _look(self, pictures: Tensor, step: Step) -> Tensor:
        """All looks at pictures [P, 3, H, W] as [P, K, 3, h, w] of the encoder's size."""
        size = self.encoder.preprocess.size_for(pictures)
        plain, oversampled = self.encoder.preprocess.fit_to(pictures, size, self._oversized(pictures))
        looks = [plain.unsqueeze(1)] * self._plain_looks(step)
        if self.num_augs and step.training:
            looks.append(self._draw(step)(oversampled, size))
        return self._smoothed(torch.cat(looks, dim=1), step)

    def _plain_looks(self, step: Step) -> int:
        """How often a picture is looked at without augmentation."""
        if step.training:
            return int(self.include_clean)
        return self.num_augs + self.include_clean if self.smoothing else 1

    def _smoothed(self, looks: Tensor, step: Step) -> Tensor:
        """Looks [P, K, 3, h, w] with noise, the same on every picture of the P."""
        if not self.smoothing:
            return looks
        noise = torch.randn(looks.shape[1:], generator=step.generator("smoothing"))
        return looks + self.smoothing * noise.to(looks.device)

    def _encode(self, looks: Tensor, shape: tuple[int, ...]) -> Encoded:
        encoded: Encoded = self.encoder(looks.flatten(0, 1), tuple(sorted(self._layers)), shape)
        return encoded

    def _encode_target(self, picture: Tensor, step: Step) -> Encoded:
        if self.smoothing:  # no look is twice the same
            return self._encode(self._look(picture, step), (1, -1))
        key = (id(picture), tuple(sorted(self._layers)))
        if key not in self._targets:
            size = self.encoder.preprocess.size_for(picture)
            plain, oversampled = self.encoder.preprocess.fit_to(picture, size, self._oversized(picture))
            self._targets[key] = _Target(picture, oversampled, self._encode(plain.unsqueeze(1), (1, 1)))
        target = self._targets[key]
        parts = [target.plain] if self.include_clean or not step.training else []
        if self.num_augs and step.training:
            looks = self._draw(step)(target.oversampled, self.encoder.preprocess.size_for(picture))
            parts.append(self._encode(looks, (1, self.num_augs)))
        return parts[0] if len(parts) == 1 else Encoded.joined(parts)

    def _draw(self, step: Step) -> Draw:
        return step.share(("draw", id(self)), lambda: self.augment.draw(self.num_augs, step.generator("augment")))

    def _oversized(self, pictures: Tensor) -> tuple[int, int]:
        (height, width), (h, w) = self.encoder.preprocess.size_for(pictures), pictures.shape[-2:]
        finer, finest = OVERSAMPLING
        factor = max(h / height, w / width)
        factor = factor if factor <= finest else finer
        return round(height * factor), round(width * factor)


@dataclass(frozen=True)
class _Target:
    """What of a target stays the same through a run; it keeps the picture alive, whose id is its key."""

    picture: Tensor
    oversampled: Tensor
    plain: Encoded
