"""Prompts and templates in a config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from guidance.prompt import read_phrases
from guidance.templates import parse_templates
from limn.errors import short
from pipelines.config.paths import find_file

ENDING = ".txt"
"""Of files with prompts."""


def is_prompt_file(prompt: Any) -> bool:
    """Whether a prompt is the path of a file: it ends as one and has no bar."""
    return isinstance(prompt, str) and prompt.strip().endswith(ENDING) and "|" not in prompt


def read_prompt(prompt: str, info: ValidationInfo) -> str:
    """The prompt, or the phrases of the file that it names; see `read_phrases`.

    Raises:
        ValueError: no such file, one that cannot be read, or one that names another.
    """
    if not is_prompt_file(prompt):
        return prompt
    phrases = read_phrases(find_file(Path(prompt.strip()), info))
    if is_prompt_file(phrases):
        raise ValueError(f"{prompt.strip()} has {short(phrases)} alone; expected words, not another file")
    return phrases


def with_phrases(data: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
    """A config before it was validated, with the phrases of the file that its prompt names; one that cannot be read
    is refused where the prompt is validated."""
    try:
        return {**data, "prompt": read_prompt(data["prompt"], info)} if is_prompt_file(data.get("prompt")) else data
    except ValueError:
        return data


def _are_templates(templates: tuple[str, ...]) -> tuple[str, ...]:
    parse_templates(templates)
    return templates


PromptText = Annotated[str, AfterValidator(read_prompt)]
"""Weighted phrases, or a text file with one a line, sought like an `InputPath`, of which the run keeps the phrases."""

Templates = Annotated[
    tuple[str, ...],
    AfterValidator(_are_templates),
    BeforeValidator(lambda v: (v,) if isinstance(v, str) else v, json_schema_input_type=str | list[str]),
]
"""Sentences with ``{}``, or names of sets of them; see `guidance.templates.parse_templates`."""
