"""Listener: a frozen network that knows sounds and words, and says which words a sound is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from guidance.encoders.hub import silent
from guidance.sound.sound import Sound, resample
from limn.cache import cached
from limn.errors import InputError

TEMPLATE = "This is a sound of {}."
"""In which captions are said, as in zero-shot classification by LAION's CLAP (Wu et al. 2023)."""


class Listener:
    """A CLAP of transformers.

    Args:
        model: a ``ClapModel``.
        processor: its ``ClapProcessor``.
        device: where it computes.
    """

    def __init__(self, model: Any, processor: Any, device: str = "cpu") -> None:
        self.model = model.eval().requires_grad_(False).to(device)
        self.processor, self.device = processor, device

    @torch.no_grad()
    def probabilities(self, sound: Sound, captions: Sequence[str]) -> Tensor:
        """How likely each caption is what is heard.

        Args:
            sound: at any rate; one that is longer than the model takes is heard in parts, whose mean counts.
            captions: C things that sound.

        Returns:
            0..1 [C], which add up to 1.

        Source: zero-shot classification of Wu et al., Large-scale contrastive language-audio pretraining, 2023.
        """
        extractor = self.processor.feature_extractor
        samples = resample(sound, extractor.sampling_rate).samples
        said = [TEMPLATE.replace("{}", caption) for caption in captions]
        words = self.processor.tokenizer(said, padding=True, return_tensors="pt")
        # One part at a time: of several, transformers would mark one that it draws as longer than it is.
        heard = [
            extractor(part.numpy(), sampling_rate=extractor.sampling_rate, return_tensors="pt")
            for part in torch.split(samples, extractor.nb_max_samples)
        ]
        logits = [self.model(**words.to(self.device), **part.to(self.device)).logits_per_audio[0] for part in heard]
        return torch.stack(logits).softmax(dim=1).mean(dim=0)


@cached(2)
def load_listener(name: str, device: str = "cpu") -> Listener:
    """Loads a CLAP of transformers; nothing of it is unpickled.

    Args:
        name: ``local-dir:<folder>``, or "org/name" on the hub, such as ``laion/clap-htsat-unfused``.
        device: where it computes, as torch names it.

    Raises:
        InputError: transformers is not installed, no such folder, damaged files, or no network to fetch them.
    """
    try:
        from transformers import ClapModel, ClapProcessor
        from transformers.utils import logging
    except ImportError as error:
        missing = error.name or "transformers"
        raise InputError(f"listener {name!r} needs {missing}: pip install 'limn[distillation]'") from error
    kind, _, folder = name.partition(":")
    local = kind == "local-dir"
    place = Path(folder).expanduser()
    if local and not (place / "config.json").is_file():
        raise InputError(f"listener {name!r}: expected a folder with the config.json of a CLAP")
    with silent(not local, logging) as offline:
        try:
            source = str(place) if local else name
            processor = ClapProcessor.from_pretrained(source, local_files_only=offline)
            model = ClapModel.from_pretrained(source, use_safetensors=True, local_files_only=offline)
        except Exception as error:  # whatever a damaged file or a missing network raises, of many libraries
            cause = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            if local:
                raise InputError(f"listener {name!r}: its files are missing, damaged or no CLAP ({cause})") from error
            hint = f"without a network, download {name} elsewhere and name its folder: local-dir:<folder>"
            raise InputError(f"listener {name!r} cannot be fetched; {hint} ({cause})") from error
    return Listener(model, processor, device)
