"""Sounds: WAV files of every kind, their rate, and the words that a CLAP finds for them."""

from __future__ import annotations

import logging
import math
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_clap import RATE

from guidance import AugmentedEncoder, Encoder, Prompt, Step
from guidance.losses import SoundSimilarity, TextSimilarity
from guidance.losses.sound import prompt_of_sound
from guidance.sound import Sound, load_listener, read_wav, resample
from limn.errors import InputError
from limn.frames import Frames

CAPTIONS = ["a dog", "a cat", "a bell"]
WAVE = np.sin(np.arange(400) / 9.0) * 0.7


def write_wav(path: Path, bits: int, channels: int = 1, rate: int = 8000) -> Path:
    """By Python's own writer, each channel half as loud as the one before."""
    loud = WAVE[:, None] * 0.5 ** np.arange(channels)
    whole = np.round(loud * (2 ** (bits - 1) - 1)).astype(np.int64)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(bits // 8)
        file.setframerate(rate)
        if bits == 8:
            data = (whole + 128).astype(np.uint8).tobytes()
        else:
            data = b"".join(int(v).to_bytes(bits // 8, "little", signed=True) for v in whole.flatten())
        file.writeframes(data)
    return path


@pytest.mark.parametrize(("bits", "close"), [(8, 0.01), (16, 1e-4), (24, 1e-6), (32, 1e-6)])
def test_integers_of_every_width(tmp_path: Path, bits: int, close: float) -> None:
    sound = read_wav(write_wav(tmp_path / "a.wav", bits, channels=2))
    assert sound.rate == 8000
    np.testing.assert_allclose(sound.samples.numpy(), WAVE * 0.75, atol=close)


@pytest.mark.parametrize("width", [4, 8])
@pytest.mark.parametrize("extensible", [False, True])
def test_floating_point(tmp_path: Path, width: int, extensible: bool) -> None:
    data = WAVE.astype(f"<f{width}").tobytes()
    kind = 0xFFFE if extensible else 3
    head = struct.pack("<HHIIHH", kind, 1, 44100, 44100 * width, width, 8 * width)
    head += struct.pack("<HHIH14s", 22, 8 * width, 0, 3, b"\0" * 14) if extensible else b""
    other = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + other + b"data" + struct.pack("<I", 0xFFFFFFFF) + data
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + chunks)
    sound = read_wav(tmp_path / "a.wav")
    assert sound.rate == 44100
    np.testing.assert_allclose(sound.samples.numpy(), WAVE, atol=1e-6)


def test_broken_files_are_one_line(tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "a.wav", 16).read_bytes()
    law = whole[:20] + struct.pack("<H", 7) + whole[22:]
    broken = {
        "not a WAV file": b"ID3 something else",
        "does not say": whole[:20],
        "it has no samples": whole[:44],
        "kind 7 in 16 bits": law,
        "12 bits": whole[:34] + struct.pack("<H", 12) + whole[36:],
        "0 channels": whole[:22] + struct.pack("<H", 0) + whole[24:],
    }
    for line, content in broken.items():
        (tmp_path / "b.wav").write_bytes(content)
        with pytest.raises(InputError, match=line) as caught:
            read_wav(tmp_path / "b.wav")
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        read_wav(tmp_path / "none.wav")
    for end in range(0, len(whole), 37):  # cut anywhere
        (tmp_path / "b.wav").write_bytes(whole[:end])
        try:
            assert len(read_wav(tmp_path / "b.wav").samples) <= (end - 44) // 2
        except InputError:
            assert end < 46


@pytest.mark.parametrize("rate", [8000, 48000, 12345])
def test_a_tone_stays_what_it_is(rate: int) -> None:
    def tone(rate: int) -> torch.Tensor:
        return (2 * math.pi * 100 * torch.arange(rate).double() / rate).sin().float()  # a second: 100 whole waves

    found = resample(Sound(tone(16000), 16000), rate)
    assert found.rate == rate
    torch.testing.assert_close(found.samples, tone(rate), atol=1e-4, rtol=0)


def test_what_is_too_high_for_a_rate_is_left_out() -> None:
    high = Sound((2 * math.pi * 5000 * torch.arange(16000).double() / 16000).sin(), 16000)
    assert resample(high, 8000).samples.abs().max() < 1e-3


def test_probabilities_are_those_of_transformers(clap: str) -> None:
    listener = load_listener(clap)
    assert load_listener(clap) is listener
    tone = Sound(torch.linspace(0, 900, RATE).sin(), RATE)
    found = listener.probabilities(tone, CAPTIONS)
    features = listener.processor.feature_extractor(tone.samples.numpy(), sampling_rate=RATE, return_tensors="pt")
    said = [f"This is a sound of {caption}." for caption in CAPTIONS]
    tokens = listener.processor.tokenizer(said, padding=True, return_tensors="pt")
    with torch.no_grad():
        expected = listener.model(**features, **tokens).logits_per_audio[0].softmax(dim=0)
    torch.testing.assert_close(found, expected)


def test_long_sounds_are_heard_in_parts(clap: str) -> None:
    listener, draws = load_listener(clap), torch.Generator().manual_seed(0)
    parts = [torch.randn(RATE, generator=draws), torch.linspace(0, 900, RATE).sin()]
    heard = [listener.probabilities(Sound(part, RATE), CAPTIONS) for part in parts]
    found = listener.probabilities(Sound(torch.cat(parts), RATE), CAPTIONS)
    torch.testing.assert_close(found, torch.stack(heard).mean(dim=0))


def test_pictures_are_compared_with_what_is_heard(
    clap: str, encoder: Encoder, random_frames: Callable[..., Frames], caplog: pytest.LogCaptureFixture
) -> None:
    sound, view = Sound(torch.linspace(0, 900, RATE).sin(), RATE), AugmentedEncoder(encoder, num_augs=0)
    probabilities = load_listener(clap).probabilities(sound, CAPTIONS)
    heard = CAPTIONS[int(probabilities.argmax())]
    with caplog.at_level(logging.INFO, "limn"):
        prompt = prompt_of_sound(sound, CAPTIONS, load_listener(clap))
    assert [phrase.text for phrase in prompt.phrases] == [heard]
    assert f"the sound is {heard!r} ({100 * probabilities.max():.0f} % of 3)" in caplog.text
    frames = random_frames()
    loss = SoundSimilarity(view, sound, CAPTIONS, clap)
    expected = TextSimilarity(view, Prompt.parse(heard))(frames, Step(0, 9))
    torch.testing.assert_close(loss(frames, Step(0, 9)), expected)


def test_listeners_that_are_none(tmp_path: Path, clap: str) -> None:
    with pytest.raises(InputError, match=r"expected a folder with the config.json of a CLAP"):
        load_listener(f"local-dir:{tmp_path}")
    for file in Path(clap.partition(":")[2]).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 100 if file.name == "model.safetensors" else None])
    with pytest.raises(InputError, match="its files are missing, damaged or no CLAP"):
        load_listener(f"local-dir:{tmp_path}")
