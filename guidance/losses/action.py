"""Action: what is done in a film, told from other actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoder
from guidance.loss import Loss
from guidance.losses.probabilities import class_probabilities, cross_entropy, stops_of_classes
from guidance.losses.video import by_look
from guidance.prompt import Prompt, embed_in_each, known_templates
from guidance.templates import actions, parse_templates
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import Positive
from limn.step import Step


def action_text(names: Sequence[str], encoder: Encoder, templates: Sequence[str] | None = None) -> Tensor:
    """Embeddings of C actions in P templates [P, C, D], of length 1, as `class_probabilities` takes them.

    Args:
        names: of the actions, like "dancing".
        encoder: reads them.
        templates: sentences with ``{}`` where the action goes; those of `actions` that the encoder knows when None.
    """
    templates = known_templates(actions(), encoder) if templates is None else templates
    return embed_in_each(names, encoder, templates)


def action(probabilities: Tensor, weights: Tensor, stops: Tensor | None = None) -> Tensor:
    """Cross-entropy of the actions that are wanted: the mean over looks of the sum of -w log p.

    Args:
        probabilities: of C actions in N looks at films of S candidates [S, N, C].
        weights: of the first of them, P <= C [P]; those below zero take part as other actions only.
        stops: of the first of them, distances 1 - probability [P]; see `cross_entropy`.

    Returns:
        [S].

    Source: Wang et al., ActionCLIP, 2021. Its probability of an action is the mean over templates of the softmax over
    actions; its frames are averaged as they are, ours at length 1.
    """
    return cross_entropy(probabilities.clamp_min(1e-12).log(), weights, stops)


class Action(Loss):
    """`action` of the prompt in the film of all views together, told from other actions.

    Args:
        encoder: looks at the pictures.
        prompt: what is done, like "dancing"; ``templates`` stand in place of its own.
        others: actions that it should not be taken for.
        templates: sentences with ``{}`` where the action goes; by default those of ActionCLIP whose words the encoder
            knows.
        temperature: of the softmax over actions; by default the encoder's own.

    Raises:
        InputError: no phrase of the prompt has a positive weight, a template has no ``{}``, or see `stops_of_classes`.
    """

    text: Tensor
    weights: Tensor
    stops: Tensor | None

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        others: Annotated[list[str], Field(min_length=1)],
        templates: Annotated[tuple[str, ...], Field(min_length=1)] | None = None,
        temperature: Positive | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.scale = encoder.encoder.logit_scale if temperature is None else 1.0 / temperature
        prompt.wanted("action")
        said = None if templates is None else parse_templates(templates)[0]
        wanted = [phrase.text for phrase in prompt.phrases]
        names = wanted + [other for other in others if other not in wanted]
        if len(names) < 2:
            raise InputError(f"action: others names no action to tell {names[0]!r} from")
        self.register_buffer("text", action_text(names, encoder.encoder, said), persistent=False)
        self.register_buffer("weights", prompt.weights.to(self.text), persistent=False)
        self.register_buffer("stops", stops_of_classes(prompt, "action"), persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        seen = by_look(self.encoder(frames, step).embedding, frames.rgb.shape[1])
        return action(class_probabilities(seen, self.text, self.scale), self.weights, self.stops)
