"""auto: the priors that a config leaves to its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guidance.distillation.auto import AUTO, choose
from limn.errors import InputError

Choose = Callable[..., str]
"""Prompts -> the prior that suits them."""


def chosen_prior(*prompts: Any, said: list[str] | None = None) -> str:
    """The prior for some prompts; exemplars for none, and for what is none, which is said where it is read.

    Args:
        prompts: as a config has them.
        said: gets a line that says what was chosen and why.
    """
    try:
        name, why = choose(*map(str, prompts))
    except InputError:
        return "exemplars"
    if said is not None and prompts:
        said.append(f"prior auto: {name}, as {why}")
    return name


def with_priors(losses: Any, prompt: Any, choose: Choose) -> Any:
    """Losses as a config has them, where every ``distillation`` names its prior.

    Args:
        losses: a mapping or a list of terms.
        prompt: of those that have none of their own.
        choose: a prior.
    """
    if isinstance(losses, Mapping):
        return {name: _with_prior(term, name, prompt, choose) for name, term in losses.items()}
    return [_with_prior(term, "", prompt, choose) for term in losses] if isinstance(losses, list) else losses


def _with_prior(term: Any, name: Any, prompt: Any, choose: Choose) -> Any:
    if not isinstance(term, Mapping) or term.get("loss", name) != "distillation":
        return term
    return of_prior(term, term.get("prompt") or prompt, choose, "prior_options")


def of_prior(section: Mapping[str, Any], prompt: Any, choose: Choose, options: str) -> dict[str, Any]:
    """A section with a prior that suits a prompt, unless it names one; without options that only exemplars take."""
    if section.get("prior", AUTO) != AUTO:
        return dict(section)
    prior = choose(prompt)
    kept = {key: value for key, value in section.items() if key != options or prior.startswith("exemplars")}
    return {**kept, "prior": prior}
