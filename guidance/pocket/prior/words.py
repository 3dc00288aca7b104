"""Words: the text side of pocket's CLIP, kept with the prior that was trained on it."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from open_clip.transformer import TextTransformer
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from guidance.pocket.prior.architecture import TOKENS
from guidance.pocket.vocabulary import tokenizer

CONFIG, WEIGHTS = "config.json", "model.safetensors"


class Words(nn.Module):
    """Texts to the features that the denoiser gets; frozen.

    It is a copy of pocket's text tower, so that the prior does not change when pocket is trained again.

    Args:
        config: width, heads, layers, context length and output width of the transformer.
        ids: token numbers that have a row, ascending; others are as good as blank.
    """

    ids: Tensor

    def __init__(self, config: dict[str, int], ids: Tensor) -> None:
        super().__init__()
        self.config = config
        self.tower = TextTransformer(vocab_size=len(ids), output_tokens=True, **config)
        self.register_buffer("ids", ids.int())
        self._row = {token: row for row, token in enumerate(ids.tolist())}
        self._tokenizer = tokenizer(config["context_length"])
        self._rows: dict[str, list[int]] = {}
        self.eval().requires_grad_(False)

    @property
    def widths(self) -> tuple[int, int]:
        """Width of a token and of the pooled embedding."""
        return self.config["width"], self.config["output_dim"]

    def count_tokens(self, text: str) -> int:
        """How many tokens a text takes, marks of beginning and end included; to be compared with ``TOKENS``."""
        return len(self._tokenizer.encode(text)) + 2

    def forward(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Embeds texts; "" is the unconditional one.

        Args:
            texts: N.

        Returns:
            Tokens [N, TOKENS, D], zero after the text's end, and pooled embeddings [N, P] of length sqrt(P).
        """
        rows = self._tokenise(texts)
        pooled, tokens = self.tower(rows)
        told = torch.arange(rows.shape[1], device=rows.device) <= rows.argmax(dim=1)[:, None]
        tokens = tokens * told[..., None]
        return tokens[:, :TOKENS], F.normalize(pooled, dim=-1) * pooled.shape[-1] ** 0.5

    def save(self, folder: str | Path) -> None:
        """Writes the configuration and the weights, as float16."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG).write_text(json.dumps(self.config, indent=2) + "\n")
        state = {k: v.half() if v.is_floating_point() else v for k, v in self.state_dict().items()}
        save_file({key: value.contiguous().cpu() for key, value in state.items()}, folder / WEIGHTS)

    @staticmethod
    def load(folder: str | Path) -> Words:
        """Reads what `save` wrote, as float32."""
        folder = Path(folder)
        return Words.of_state(json.loads((folder / CONFIG).read_text()), load_file(folder / WEIGHTS))

    @staticmethod
    def of_state(config: dict[str, int], state: dict[str, Tensor]) -> Words:
        """From a configuration and a state of any precision."""
        words = Words(config, state["ids"])
        words.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
        return words

    def _tokenise(self, texts: list[str]) -> Tensor:
        """Rows [N, context]; every word is taken apart once, as doing it for every caption would take most time."""
        context = self.config["context_length"]
        start, end = (self._row[token] for token in (self._tokenizer.sot_token_id, self._tokenizer.eot_token_id))
        table = []
        for text in texts:
            row = [start]
            for word in text.split():
                if word not in self._rows:
                    self._rows[word] = [self._row.get(token, 0) for token in self._tokenizer.encode(word)]
                row += self._rows[word]
            row = [*row[: context - 1], end]
            table.append(row + [0] * (context - len(row)))
        return torch.tensor(table, device=self.ids.device)
