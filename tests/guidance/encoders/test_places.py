"""Embeddings of places, of every kind of tower that knows them, against MaskCLIP's formula written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from timm.models.eva import Eva
from torch import nn

from guidance import Encoder, load_encoder
from guidance.encoders.towers import DENSE, TimmTower


def test_dense_places_of_a_vit_are_the_last_block_with_each_token_alone(folders: dict[str, Path]) -> None:
    """MaskCLIP's code: the values through the output projection, plus the token, through the feed-forward network."""
    encoder = load_encoder(f"local-dir:{folders['vit']}", precision="float32")
    pictures = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    found = encoder.encode_image(pictures, [DENSE, "block1"])
    visual = encoder.model.visual
    block = visual.transformer.resblocks[-1]
    tokens = found.layers["block1"].flatten(2).transpose(1, 2)
    rows = [  # attention over one token is that token's value
        block.attn(block.ln_1(token[:, None]))[0][:, 0] + token for token in tokens.unbind(1)
    ]
    x = torch.stack(rows, dim=1)
    x = visual.ln_post(x + block.mlp(block.ln_2(x))) @ visual.proj
    torch.testing.assert_close(found.layers[DENSE], x.transpose(1, 2).unflatten(2, (3, 3)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.embedding, encoder.encode_image(pictures).embedding)


def test_dense_places_of_a_resnet_are_the_pooling_of_one_place(encoder: Encoder) -> None:
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = encoder.encode_image(pictures, [DENSE, "layer4"])
    pool = encoder.model.visual.attnpool
    place = pool.c_proj(pool.v_proj(found.layers["layer4"][:, :, 1, 0]))
    torch.testing.assert_close(found.layers[DENSE][:, :, 1, 0], place, rtol=1e-4, atol=1e-5)


def test_dense_places_of_timms_vit_are_the_values_of_its_last_block(folders: dict[str, Path]) -> None:
    encoder = load_encoder(f"local-dir:{folders['timm-vit']}", precision="float32")
    pictures = torch.rand(2, 3, 160, 160, generator=torch.Generator().manual_seed(0))
    found = encoder.encode_image(pictures, [DENSE, "block4"])
    trunk, head = encoder.model.visual.trunk, encoder.model.visual.head
    block, x = trunk.blocks[-1], found.layers["block4"].flatten(2).transpose(1, 2)
    x = x + block.attn.proj(block.attn.qkv(block.norm1(x)).chunk(3, dim=-1)[2])
    x = head(trunk.norm(x + block.mlp(block.norm2(x))))
    torch.testing.assert_close(found.layers[DENSE], x.transpose(1, 2).unflatten(2, (10, 10)), rtol=1e-4, atol=1e-5)


def test_dense_places_of_siglip_are_the_values_of_its_pooling(folders: dict[str, Path]) -> None:
    encoder = load_encoder(f"local-dir:{folders['timm-siglip']}", precision="float32")
    pictures = torch.rand(2, 3, 160, 160, generator=torch.Generator().manual_seed(0))
    found = encoder.encode_image(pictures, [DENSE, "block5"])
    trunk = encoder.model.visual.trunk
    pool, x = trunk.attn_pool, trunk.norm(found.layers["block5"].flatten(2).transpose(1, 2))
    x = pool.proj(pool.kv(x).chunk(2, dim=-1)[1])
    x = x + pool.mlp(pool.norm(x))
    torch.testing.assert_close(found.layers[DENSE], x.transpose(1, 2).unflatten(2, (10, 10)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.embedding, encoder.encode_image(pictures).embedding)


@pytest.mark.parametrize("pool", ["token", "avg", "map"])
def test_dense_places_of_an_eva_do_without_its_turned_keys(pool: str) -> None:
    shape: dict[str, Any] = {
        "img_size": 32,
        "patch_size": 16,
        "embed_dim": 32,
        "depth": 2,
        "num_heads": 2,
        "num_classes": 24,
    }
    trunk = Eva(**shape, global_pool=pool, use_rot_pos_emb=True, init_values=0.5, dynamic_img_size=True).eval()
    nn.init.normal_(trunk.head.weight)
    visual = nn.Module()
    visual.trunk, visual.head = trunk, nn.Identity()
    found = dict(TimmTower(visual)(torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)), dense=True))
    assert found[DENSE].shape == (2, 24, 2, 2)
    block, x = trunk.blocks[-1], found["block0"].flatten(2).transpose(1, 2)
    if pool == "map":
        x = trunk.norm(found["block1"].flatten(2).transpose(1, 2))
        x = trunk.attn_pool.proj(trunk.attn_pool.kv(x).chunk(2, dim=-1)[1])
        x = x + trunk.attn_pool.mlp(trunk.attn_pool.norm(x))
    else:
        bias = torch.cat([block.attn.q_bias, block.attn.k_bias, block.attn.v_bias])
        values = F.linear(block.norm1(x), block.attn.qkv.weight, bias).chunk(3, dim=-1)[2]
        x = x + block.gamma_1 * block.attn.proj(block.attn.norm(values))
        x = trunk.norm(x + block.gamma_2 * block.mlp(block.norm2(x)))
    x = trunk.head(trunk.fc_norm(x))
    torch.testing.assert_close(found[DENSE], x.transpose(1, 2).unflatten(2, (2, 2)), rtol=1e-4, atol=1e-5)
