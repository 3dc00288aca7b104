"""Tiny random CLIPs in open_clip's own file format, one of each kind of image tower."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from open_clip.model import CLIP, CustomTextCLIP
from safetensors.torch import save_file
from tiny_clap import save_clap
from torch import Tensor, nn

from guidance import Encoder, load_encoder
from limn.curves import Curves
from limn.frames import Frames
from limn.surface import Connectivity, Surface

TEXT = {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}

VISION: dict[str, dict[str, Any]] = {
    "resnet": {"layers": [1, 2, 1, 1], "width": 16, "head_width": 32, "image_size": 64},
    "vit": {"layers": 3, "width": 48, "head_width": 24, "patch_size": 16, "image_size": 48},
    "timm-vit": {"timm_model_name": "test_vit", "timm_pool": "", "timm_proj": "linear", "image_size": 160},
    "timm-siglip": {"timm_model_name": "test_vit", "timm_pool": "map", "timm_proj": "none", "image_size": 160},
    "timm-convnet": {"timm_model_name": "test_resnet", "timm_pool": "avg", "timm_proj": "linear", "image_size": 96},
}

SaveModel = Callable[..., Path]


@pytest.fixture(scope="session")
def save_model(tmp_path_factory: pytest.TempPathFactory) -> SaveModel:
    """Writes a tiny model of a kind (with changes of its text tower, and preprocess settings) into a new folder."""

    def save(kind: str, text: dict[str, Any] | None = None, **preprocess: Any) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        width = 64 if kind == "timm-siglip" else 24  # its tower projects nothing
        config: dict[str, Any] = {"embed_dim": width, "vision_cfg": VISION[kind], "text_cfg": TEXT | (text or {})}
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = (CustomTextCLIP if "timm" in kind else CLIP)(**copy.deepcopy(config))
            if kind == "resnet":  # as initialised, it hardly sees a difference between pictures
                pool = model.visual.attnpool
                for constant in (pool.positional_embedding, pool.v_proj.bias, pool.c_proj.bias):
                    nn.init.zeros_(constant)
            for module in model.modules():
                if isinstance(module, nn.Conv2d) and kind == "resnet":
                    nn.init.kaiming_normal_(module.weight)
                if isinstance(module, nn.BatchNorm2d):
                    nn.init.uniform_(module.weight, 0.5, 1.5)
                    nn.init.uniform_(module.bias, -0.2, 0.2)
                    nn.init.uniform_(module.running_mean, -0.2, 0.2)
                    nn.init.uniform_(module.running_var, 0.5, 1.5)
        if "timm" in kind:
            config["custom_text"] = True
        written = {"model_cfg": config, "preprocess_cfg": preprocess}
        (folder / "open_clip_config.json").write_text(json.dumps(written))
        state = {name: value.contiguous() for name, value in model.state_dict().items()}
        save_file(state, folder / "open_clip_model.safetensors")
        return folder

    return save


@pytest.fixture(scope="session")
def folders(save_model: SaveModel) -> dict[str, Path]:
    return {kind: save_model(kind) for kind in VISION}


@pytest.fixture(scope="session")
def encoder(folders: dict[str, Path]) -> Encoder:
    """The tiny ModifiedResNet in float32."""
    return load_encoder(f"local-dir:{folders['resnet']}", precision="float32")


@pytest.fixture(scope="session")
def clap(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a tiny CLAP."""
    return f"local-dir:{save_clap(tmp_path_factory.mktemp('clap'))}"


@pytest.fixture
def random_pictures() -> Callable[..., Tensor]:
    """Reproducible coarse noise in 0..1."""

    def make(*shape: int, seed: int = 0) -> Tensor:
        cells = torch.rand(math.prod(shape[:-3]), shape[-3], 5, 5, generator=torch.Generator().manual_seed(seed))
        return F.interpolate(cells, size=shape[-2:], mode="bilinear", align_corners=True).view(shape)

    return make


@pytest.fixture
def random_frames(random_pictures: Callable[..., Tensor]) -> Callable[..., Frames]:
    """Reproducible noise as S candidates in V views; behind it dented octahedra, or closed paths."""

    def make(candidates: int = 2, views: int = 1, size: int = 72, seed: int = 0, paths: bool = False) -> Frames:
        rgb = random_pictures(candidates, views, 3, size, size, seed=seed)
        draws = torch.Generator().manual_seed(seed)
        rest, faces = torch.cat([torch.eye(3), -torch.eye(3)]), [[0, 1, 2], [0, 2, 4], [0, 4, 5], [0, 5, 1]]
        faces += [[3, 2, 1], [3, 4, 2], [3, 5, 4], [3, 1, 5]]
        vertices = rest + 0.2 * torch.randn(candidates, 6, 3, generator=draws)
        colours = torch.rand(candidates, 6, 3, generator=draws)
        surface = Surface(vertices, Connectivity(torch.tensor(faces, dtype=torch.int32)), rest, colours)
        # A closed path of four cubics around triangles, anywhere.
        rest = 20 * torch.rand(12, 2, generator=draws)
        cubics = torch.tensor([[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9], [9, 10, 11, 0]], dtype=torch.int32)
        triangles = torch.tensor([[0, 3, 6], [6, 9, 0], [1, 5, 11]])
        points = rest + torch.randn(candidates, 12, 2, generator=draws)
        geometry = Curves(points, cubics, rest, triangles) if paths else surface
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]), geometry=geometry)

    return make
