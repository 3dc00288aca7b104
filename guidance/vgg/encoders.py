"""VGG16 as an encoder: the weights that are shipped, or torchvision's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from guidance.compute import Precision
from guidance.encoders.encoder import Encoder
from guidance.encoders.hub import quiet
from guidance.vgg.architecture import Vgg16
from guidance.vgg.outlines import EdgeDetector
from limn.errors import InputError
from limn.ranges import InputSize
from limn.registry import suggestion

SIZE = 224

WEIGHTS = Path(__file__).parent / "vgg.safetensors"

CAFFE = {"mean": (123.68 / 255, 116.779 / 255, 103.939 / 255), "std": (1 / 255, 1 / 255, 1 / 255)}
"""Colours less their mean in ImageNet, from 0 to 255."""


def vgg(device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None) -> Encoder:
    """The VGG16 that is shipped: trained on ImageNet, then to find edges; it knows photographs, and no words."""
    model = EdgeDetector(_preprocess(size, **CAFFE))
    model.load_state_dict(_dequantised(load_file(WEIGHTS)))
    return Encoder(model.to(device), None, "vgg", getattr(torch, precision))


def torchvision_vgg16(
    place: str, device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None
) -> Encoder:
    """VGG16 with weights of torchvision, by their name: torchvision-vgg16:IMAGENET1K_V1 or IMAGENET1K_FEATURES."""
    from torchvision.models import VGG16_Weights

    name = f"torchvision-vgg16:{place}"
    known = [weights.name for weights in VGG16_Weights]
    if place not in known:
        raise InputError(f"unknown encoder {name!r}{suggestion(place, known)}")
    weights = VGG16_Weights[place]
    way = weights.transforms()
    model = nn.Module()
    model.visual = Vgg16()
    model.visual.preprocess_cfg = _preprocess(size, mean=tuple(way.mean), std=tuple(way.std))  # type: ignore[assignment]
    model.visual.load_state_dict(_named(_fetched(name, weights.url)))
    return Encoder(model.to(device), None, name, getattr(torch, precision))


def _preprocess(size: int | None, **normal: tuple[float, ...]) -> dict[str, Any]:
    return {"size": size or SIZE, "interpolation": "bicubic", "resize_mode": "keep", "fill_color": 0, **normal}


def _dequantised(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Kernels are stored as int8 [out, in, h, w], with a scale for each output channel beside them."""
    scales = {name: tensors.pop(f"{name}.scale") for name in list(tensors) if f"{name}.scale" in tensors}
    return {
        name: tensor.float() * scales[name].view(-1, 1, 1, 1) if name in scales else tensor
        for name, tensor in tensors.items()
    }


def _fetched(name: str, url: str) -> dict[str, Tensor]:
    try:
        with quiet(network=True):
            found: dict[str, Tensor] = torch.hub.load_state_dict_from_url(url, map_location="cpu", weights_only=True)
            return found
    except Exception as error:  # whatever a missing network or a damaged file raises
        file = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
        raise InputError(f"encoder {name!r}: its weights cannot be fetched; put {url} at {file}") from error


def _named(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """torchvision's numbers of layers as names."""
    numbers = sorted({int(key.split(".")[1]) for key in state if key.startswith("features.")})
    layers = dict(zip(numbers, Vgg16.names, strict=True))
    return {
        f"{layers[number].replace('relu', 'conv')}.{part}": state[f"features.{number}.{part}"]
        for number in numbers
        for part in ("weight", "bias")
    }
