from pathlib import Path

import open_clip
import pytest
import torch

from guidance.pocket import load_pocket
from guidance.pocket.load import NAMES
from training.pocket.export import export_open_clip

TEXTS = ["a red apple", "a blue circle left of a green square", "xylography"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_export_opens_in_open_clip_with_the_same_embeddings(name: str, tmp_path: Path) -> None:
    export_open_clip(name, tmp_path)
    exported, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{tmp_path}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{tmp_path}")
    ours, our_tokenizer = load_pocket(name)
    exported.eval()
    tokens = tokenizer(TEXTS)
    assert torch.equal(tokens, our_tokenizer(TEXTS))
    size = ours.visual.preprocess_cfg["size"]
    pictures = torch.rand(2, 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(exported.encode_text(tokens), ours.encode_text(tokens))
        torch.testing.assert_close(exported.encode_image(pictures), ours.encode_image(pictures))
    assert preprocess.transforms[-1].mean == exported.visual.preprocess_cfg["mean"]
