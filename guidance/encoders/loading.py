"""load_encoder: from a name in a config to an encoder, once per process."""

from __future__ import annotations

import difflib
import warnings
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch

from guidance.encoders.encoder import Encoder
from guidance.encoders.hub import quiet
from guidance.encoders.size import set_size
from limn.errors import InputError
from limn.registry import suggestion

Precision = Literal["auto", "float32", "bfloat16"]

EMBEDDED = ("pocket", "pocket-judge")
"""The models that are shipped with the package."""


def load_encoder(name: str, device: str = "cpu", precision: Precision = "auto", size: int | None = None) -> Encoder:
    """Loads an encoder; the same arguments give the same object.

    Args:
        name: ``pocket``, ``pocket-judge``, an open_clip model with its tag ("ViT-B-32/openai"), a folder with an
            open_clip model ("local-dir:/path") or one on the hub ("hf-hub:org/repo").
        device: of the weights, as torch names it.
        precision: of the image tower; ``auto`` takes bfloat16 where the hardware is fast at it.
        size: height and width of the pictures it takes, where not its own; see `set_size`.

    Raises:
        InputError: no such model, tag or folder, damaged weights, or no network to fetch them from the hub.
    """
    return _load(name, device, fast_dtype(device) if precision == "auto" else getattr(torch, precision), size)


@cache
def _load(name: str, device: str, dtype: torch.dtype, size: int | None) -> Encoder:
    vocabulary: frozenset[str] | None = None
    if name in EMBEDDED:
        from guidance.pocket import known_words, load_pocket

        model, tokenizer = load_pocket(name)
        vocabulary = known_words(name)
    else:
        model, tokenizer = _load_open_clip(name)
    if size is not None:
        set_size(model, size, name)
    return Encoder(model.to(device), tokenizer, name, dtype, vocabulary)


def fast_dtype(device: str) -> torch.dtype:
    """bfloat16 where the hardware multiplies it faster than float32 (CUDA: by its data sheets, not measured)."""
    if torch.device(device).type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def _load_open_clip(name: str) -> tuple[Any, Any]:
    scheme, _, rest = name.partition(":")
    if scheme == "local-dir":
        folder = Path(rest).expanduser()
        _check_folder(name, folder)
        failure = "the files in this folder are damaged or do not belong together"
        return _create(name, f"local-dir:{folder}", failure, network=False)
    if scheme == "hf-hub":
        files = f"open_clip_config.json, open_clip_model.safetensors and the tokenizer's files of {rest}"
        return _create(
            name, name, f"cannot be fetched; without a network, put {files} into a folder: local-dir:<folder>"
        )
    architecture, arguments = _check_tag(name)
    hub = arguments.pop("hub")
    failure = f"its weights cannot be fetched; without a network, download {hub} where there is one: local-dir:<folder>"
    return _create(name, architecture, failure, **arguments)


def _create(name: str, identifier: str, failure: str, network: bool = True, **arguments: Any) -> tuple[Any, Any]:
    import open_clip

    try:
        with quiet(network), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = open_clip.create_model(identifier, require_pretrained=True, **arguments)
            return model, open_clip.get_tokenizer(identifier)
    except Exception as error:  # whatever a damaged file or a missing network raises, of many libraries
        raise InputError(f"encoder {name!r}: {failure} ({_first_line(error)})") from error


def _check_folder(name: str, folder: Path) -> None:
    if not folder.is_dir():
        near = difflib.get_close_matches(folder.name, [path.name for path in folder.parent.glob("*/")], n=1)
        hint = f"; did you mean {folder.parent / near[0]}?" if near else ""
        raise InputError(f"encoder {name!r}: there is no such folder{hint}")
    if not (folder / "open_clip_config.json").is_file():
        raise InputError(f"encoder {name!r}: the folder has no open_clip_config.json")


def _check_tag(name: str) -> tuple[str, dict[str, Any]]:
    import open_clip

    architecture, _, tag = name.partition("/")
    known = open_clip.list_models()
    if architecture not in known:
        raise InputError(f"unknown encoder {name!r}{_near(name, [*EMBEDDED, *known])}")
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if tag not in tags:
        raise InputError(f"encoder {architecture!r} has no weights {tag!r}{suggestion(tag, tags)}")
    config = open_clip.get_pretrained_cfg(architecture, tag)
    # Weights that were trained with QuickGELU are wrong with GELU, and open_clip would only warn.
    quick = bool(config.get("quick_gelu", False))
    return architecture, {"pretrained": tag, "force_quick_gelu": quick, "hub": config["hf_hub"] or config["url"]}


def _near(name: str, known: list[str]) -> str:
    """The nearest of many names; nothing where none is near, as a list of them all would fill the screen."""
    for cut in (name, name.partition("/")[0]):
        if near := difflib.get_close_matches(cut, known, n=1):
            return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(EMBEDDED)}, open_clip's names with a tag (ViT-B-32/openai), local-dir:, hf-hub:"


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
