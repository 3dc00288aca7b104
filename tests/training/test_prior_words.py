import torch

from guidance.pocket import load_pocket
from guidance.pocket.prior.architecture import TOKENS
from training.prior.words import words_of_pocket


def test_words_are_those_of_pocket() -> None:
    words = words_of_pocket()
    texts = ["a red apple", "A sketch of two-hump camel", "qxzv apple", ""]
    model, tokenizer = load_pocket()
    expected = torch.nn.functional.normalize(model.encode_text(tokenizer(texts)), dim=-1)
    tokens, pooled = words(texts)
    torch.testing.assert_close(pooled / pooled.norm(dim=1, keepdim=True), expected, atol=1e-5, rtol=1e-5)
    assert tokens.shape == (4, TOKENS, 128)
    ends = tokenizer(texts).argmax(dim=1)
    for row, end in zip(tokens, ends, strict=True):
        assert row[: end + 1].norm(dim=1).gt(1.0).all()
        assert not row[end + 1 :].any()
