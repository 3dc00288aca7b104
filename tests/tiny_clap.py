"""A tiny random CLAP in the file format of transformers."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

RATE = 8000
WORDS = ["This", "is", "a", "sound", "of", "dog", "cat", "bell", "."]


def save_clap(folder: Path) -> Path:
    """Writes a model and its processor, which hears a second at 8 kHz."""
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *WORDS])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    core.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    text = {"vocab_size": len(vocabulary), "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"intermediate_size": 32, "max_position_embeddings": 32, "projection_dim": 16}
    audio = {"window_size": 4, "num_mel_bins": 16, "spec_size": 64, "patch_stride": [4, 4], "hidden_size": 32}
    audio |= {"depths": [1, 1], "num_attention_heads": [2, 2], "patch_embeds_hidden_size": 16, "projection_dim": 16}
    config = ClapConfig(text_config=text, audio_config=audio, projection_dim=16)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ClapModel(config)
    hears = {"feature_size": 16, "sampling_rate": RATE, "hop_length": 80, "max_length_s": 1, "fft_window_size": 256}
    extractor = ClapFeatureExtractor(**hears, frequency_max=4000, truncation="rand_trunc")
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=core, **marks).save_pretrained(folder)
    return folder
