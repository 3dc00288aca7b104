"""Encoders of open_clip: by its own names, from a folder, from the hub, or with weights from a file."""

from __future__ import annotations

import difflib
import warnings
from pathlib import Path
from typing import Any

from guidance.compute import Precision
from guidance.encoders.encoder import Encoder
from guidance.encoders.hub import quiet
from guidance.encoders.latents import channels_of, load_reader
from guidance.encoders.loading import ENCODERS, encoder_of
from guidance.encoders.transformers_clip import FILES, is_transformers_clip, load_transformers_clip
from guidance.encoders.weights import put_weights, read_weights
from limn.errors import InputError
from limn.ranges import InputSize
from limn.registry import suggestion


def open_clip_name(
    place: str, device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None
) -> Encoder:
    """Any model of open_clip with its weights, such as ViT-B-32/openai."""
    return encoder_of(*_named(place), place, device, precision, size)


def local_dir(place: str, device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None) -> Encoder:
    """A CLIP of open_clip or transformers in a folder, of pictures or of latents: local-dir:FOLDER."""
    return encoder_of(*_in_folder(place), f"local-dir:{place}", device, precision, size)


def hf_hub(place: str, device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None) -> Encoder:
    """A CLIP of open_clip or transformers on the hub: hf-hub:OWNER/MODEL."""
    return encoder_of(*_on_hub(place), f"hf-hub:{place}", device, precision, size)


def tuned(place: str, device: str = "cpu", precision: Precision = "auto", size: InputSize | None = None) -> Encoder:
    """Another one with weights from a file, all or those of its image tower: tuned:FILE@ENCODER."""
    name = f"tuned:{place}"
    file, _, base = place.rpartition("@")
    if not file or not base:
        raise InputError(f"encoder {name!r}: expected a file and an encoder, like tuned:fare_eps_2.pt@ViT-L-14/openai")
    head, _, rest = base.partition(":")
    places = {"local-dir": _in_folder, "hf-hub": _on_hub}
    try:
        weights = read_weights(Path(file).expanduser())
        made = places[head](rest) if head in places else _named(base)
        put_weights(made[0], weights)
    except InputError as error:
        raise InputError(f"encoder {name!r}: {error}") from error
    return encoder_of(*made, name, device, precision, size)


def _named(place: str) -> tuple[Any, Any]:
    """The model of a name of open_clip, and its tokenizer."""
    architecture, arguments = _check_tag(place)
    hub = arguments.pop("hub")
    failure = f"its weights cannot be fetched; without a network, download {hub} where there is one: local-dir:<folder>"
    return _create(place, architecture, failure, **arguments)


def _in_folder(place: str) -> tuple[Any, Any]:
    """The same of a folder."""
    name, folder = f"local-dir:{place}", Path(place).expanduser()
    if is_transformers_clip(folder):
        try:
            return load_transformers_clip(folder)
        except InputError as error:
            raise InputError(f"encoder {name!r}: {error}") from error
    _check_folder(name, folder)
    if (channels := channels_of(folder)) != 3:
        return _of_latents(folder, name, channels)
    failure = "the files in this folder are damaged or do not belong together"
    return _create(name, f"local-dir:{folder}", failure, network=False)


def _on_hub(place: str) -> tuple[Any, Any]:
    """The same of the hub."""
    name = f"hf-hub:{place}"
    files = f"open_clip_config.json, open_clip_model.safetensors and the tokenizer's files of {place}"
    failure = f"cannot be fetched; without a network, put {files} into a folder: local-dir:<folder>"
    try:
        return _create(name, name, failure)
    except InputError:
        folder = _snapshot(place)
        if folder is None or not is_transformers_clip(folder):
            raise
        return _in_folder(str(folder))


def _snapshot(place: str) -> Path | None:
    """The folder of a model of transformers on the hub, None where it cannot be fetched."""
    import huggingface_hub

    try:
        with quiet(network=True):
            return Path(huggingface_hub.snapshot_download(place, allow_patterns=FILES))
    except Exception:  # of many libraries; what went wrong with open_clip's files is said
        return None


def _create(name: str, identifier: str, failure: str, network: bool = True, **arguments: Any) -> tuple[Any, Any]:
    import open_clip

    try:
        with quiet(network), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = open_clip.create_model(identifier, require_pretrained=True, **arguments)
            return model, open_clip.get_tokenizer(identifier)
    except Exception as error:  # whatever a damaged file or a missing network raises, of many libraries
        raise InputError(f"encoder {name!r}: {failure} ({_first_line(error)})") from error


def _of_latents(folder: Path, name: str, channels: int) -> tuple[Any, Any]:
    import open_clip

    with quiet(False), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_reader(folder, name, channels), open_clip.get_tokenizer(f"local-dir:{folder}")


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
        raise InputError(f"unknown encoder {name!r}{_near(name, [*ENCODERS.names(), *known])}")
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if tag not in tags:
        raise InputError(f"encoder {architecture!r} has no weights {tag!r}{suggestion(tag, tags)}")
    config = open_clip.get_pretrained_cfg(architecture, tag)
    # Weights that were trained with QuickGELU are wrong with GELU, and open_clip would only warn.
    quick = bool(config.get("quick_gelu", False))
    return architecture, {"pretrained": tag, "force_quick_gelu": quick, "hub": config["hf_hub"] or config["url"]}


def _near(name: str, known: list[str]) -> str:
    """The nearest of many names; nothing where none is near, as a list of them all would fill the screen."""
    for cut in (name, name.partition("/")[0], name.partition(":")[0]):
        if near := difflib.get_close_matches(cut, known, n=1):
            return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(ENCODERS.names())}, and open_clip's names with a tag (ViT-B-32/openai)"


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
