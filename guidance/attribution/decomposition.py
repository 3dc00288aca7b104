"""An embedding as a sum of what each layer, head and place adds to it.

Source: Gandelsman et al., Interpreting CLIP's Image Representation via Text-Based Decomposition, 2024.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders import Encoder
from guidance.encoders.towers import ResNetTower, ViTTower
from guidance.encoders.transformer import SelfAttention
from limn.errors import InputError


@dataclass(frozen=True)
class Decomposition:
    """Terms that add up to the un-normalised embeddings of N pictures.

    Args:
        heads: what each head of each attention takes from each token [N, A, heads, 1 + h * w, D]; the first token is
            the class token of a ViT, or the mean of all places of a ResNet.
        mlps: what the MLP of each layer adds [N, A, D]; none [N, 0, D] in a ResNet.
        rest: the class token with its position at the start, and all biases [N, D].
        grid: h, w.
    """

    heads: Tensor
    mlps: Tensor
    rest: Tensor
    grid: tuple[int, int]

    @property
    def embedding(self) -> Tensor:
        """The sum of all terms [N, D]."""
        return self.heads.sum(dim=(1, 2, 3)) + self.mlps.sum(dim=1) + self.rest

    def without(self, heads: Sequence[tuple[int, int]], instead: Tensor | None = None) -> Tensor:
        """The embedding without the direct effect of some heads [N, D].

        Args:
            heads: attention and head, counted from 0 or, with a minus, from the end.
            instead: what stands in their place [A, heads, D], such as the mean of `head_outputs` over many pictures
                (mean ablation); nothing unless given.

        Raises:
            InputError: there is no such head.
        """
        embedding = self.embedding
        attentions, count = self.heads.shape[1:3]
        for attention, head in heads:
            if not (-attentions <= attention < attentions and -count <= head < count):
                raise InputError(
                    f"no head {head} in attention {attention}: there are {attentions} attentions with {count} heads"
                )
            embedding = embedding - self.heads[:, attention, head].sum(dim=1)
            if instead is not None:
                embedding = embedding + instead[attention, head]
        return embedding

    def toward(self, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What heads, MLPs and the rest add to the cosine with a text.

        Args:
            text: its embedding [D], of any length.

        Returns:
            [N, A, heads, 1 + h * w], [N, A] and [N]: they add up to the cosine.
        """
        unit = F.normalize(text, dim=-1)
        length = self.embedding.norm(dim=-1)
        heads = self.heads @ unit / length[:, None, None, None]
        return heads, self.mlps @ unit / length[:, None], self.rest @ unit / length


def decompose(encoder: Encoder, pictures: Tensor) -> Decomposition:
    """Takes the image embedding apart.

    For a vision transformer, these are all attentions and MLPs, with the last layer norm and the projection distributed
    over the terms; for CLIP's ResNet, the heads and places of its attention pooling. Gradients flow.

    Args:
        encoder: a ViT with a class token, or a ResNet, of open_clip; pocket is a ResNet.
        pictures: [N, 3, H, W] in 0..1.

    Raises:
        InputError: its tower is of another kind.
    """
    tower = encoder.tower
    x = encoder.preprocess.normalise(encoder.preprocess.fit(pictures))
    x = x.to(encoder.dtype, memory_format=torch.channels_last)
    if isinstance(tower, ResNetTower):
        return _of_resnet(tower.visual, x)
    if isinstance(tower, ViTTower) and _is_known(tower.visual):
        return _of_vit(tower.visual, x)
    raise InputError(
        f"encoder {encoder.name!r} cannot be taken apart into heads; expected a ViT with a class token or a ResNet of "
        "open_clip, such as pocket or ViT-B-32/openai"
    )


def _is_known(visual: Any) -> bool:
    plain = visual.attn_pool is None and visual.pool_type == "tok" and visual.transformer.batch_first
    return plain and all(isinstance(block.attn, SelfAttention) for block in visual.transformer.resblocks)


def _of_resnet(visual: Any, x: Tensor) -> Decomposition:
    for name in ("stem", "layer1", "layer2", "layer3", "layer4"):
        x = getattr(visual, name)(x)
    pool, grid = visual.attnpool, (x.shape[2], x.shape[3])
    tokens = x.flatten(2).transpose(1, 2)
    tokens = torch.cat([tokens.mean(dim=1, keepdim=True), tokens], dim=1) + pool.positional_embedding
    query, key, value = (
        proj(part).reshape(*part.shape[:2], pool.num_heads, -1).transpose(1, 2)
        for proj, part in ((pool.q_proj, tokens[:, :1]), (pool.k_proj, tokens), (pool.v_proj, tokens))
    )
    heads = _taken(query, key, value, pool.c_proj.weight).float()[:, None]
    rest = pool.c_proj.bias.float().expand(len(x), -1)
    return Decomposition(heads, heads.new_zeros(len(x), 0, heads.shape[-1]), rest, grid)


def _of_vit(visual: Any, x: Tensor) -> Decomposition:
    heads, mlps = [], []
    x = visual._embeds(x)
    rest = x[:, 0]
    for block in visual.transformer.resblocks:
        attention, tokens = block.attn, block.ln_1(x)
        query, key, value = (
            F.linear(part, weight, bias).reshape(*part.shape[:2], attention.heads, -1).transpose(1, 2)
            for part, weight, bias in zip(
                (tokens[:, :1], tokens, tokens),
                attention.in_proj_weight.chunk(3),
                attention.in_proj_bias.chunk(3),
                strict=True,
            )
        )
        heads.append(block.ls_1(_taken(query, key, value, attention.out_proj.weight)))
        rest = rest + block.ls_1(attention.out_proj.bias)
        x = x + block.ls_1(attention(tokens)[0])
        added = block.ls_2(block.mlp(block.ln_2(x)))
        mlps.append(added[:, 0])
        x = x + added
    head = _last(visual, x[:, 0].float())
    bias = visual.ln_post.bias.float()
    bias = bias if visual.proj is None else bias @ visual.proj.float()
    return Decomposition(
        head(torch.stack(heads, dim=1)), head(torch.stack(mlps, dim=1)), head(rest) + bias, visual.grid_size
    )


def _taken(query: Tensor, key: Tensor, value: Tensor, out: Tensor) -> Tensor:
    """What the first token takes from each token through each head [N, heads, L, C].

    Args:
        query: [N, heads, 1, c].
        key: [N, heads, L, c].
        value: [N, heads, L, c].
        out: the weight of the output projection [C, heads * c].
    """
    weights = torch.softmax(query * query.shape[-1] ** -0.5 @ key.transpose(-1, -2), dim=-1)
    return torch.einsum("nhl,nhlc,dhc->nhld", weights[:, :, 0], value, out.reshape(len(out), key.shape[1], -1))


def _last(visual: Any, whole: Tensor) -> Callable[[Tensor], Tensor]:
    """The last layer norm, less its bias, and the projection: linear, once the deviation of the sum is known.

    Args:
        visual: open_clip's vision transformer.
        whole: the sum of all terms [N, C].
    """
    norm = visual.ln_post
    deviation = (whole.var(dim=-1, correction=0) + norm.eps).sqrt()

    def head(terms: Tensor) -> Tensor:
        terms = terms.float()
        terms = terms - terms.mean(dim=-1, keepdim=True)
        terms = terms * norm.weight.float() / deviation.view(-1, *[1] * (terms.ndim - 1))
        return terms if visual.proj is None else terms @ visual.proj.float()

    return head
