"""Givens: arguments of losses that the pipeline gives, told by their type, and the keys by which a config sets them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, ValidationInfo
from torch import Tensor

from guidance.augment import Augmentations
from guidance.compute import Compute
from guidance.distillation.exemplars.models import ModelLibraries
from guidance.embedding.expression import Expression
from guidance.encoders.augmented import AugmentedEncoder
from guidance.prompt import Prompt
from guidance.region import Region, RegionPrompt
from guidance.sound import Sound
from guidance.target import Target
from limn.ranges import Fraction, Positive
from limn.settings import Section
from limn.signature import Argument, arms_of
from pipelines.config.names import EncoderName
from pipelines.config.paths import InputPath, InputPlace, find_place
from pipelines.config.prompts import PromptText

GIVEN_TYPES = (
    AugmentedEncoder,
    Target,
    Tensor,
    Prompt,
    Region,
    RegionPrompt,
    Compute,
    ModelLibraries,
    Expression,
    Sound,
)

Box = tuple[Fraction, Fraction, Fraction, Fraction]
"""Left, top, right and bottom as fractions of the canvas."""


def _is_augmentation(value: list[Any]) -> list[Any]:
    Augmentations(value)
    return value


Augment = Annotated[list[str | dict[str, JsonValue]], AfterValidator(_is_augmentation)]
"""Random changes in their order: ``[perspective, {crop: [0.8, 0.8]}]``."""


class EncoderConfig(Section):
    """An encoder and how it looks; what is left out is as in the config of the run."""

    encoder: EncoderName | None = None
    """Its name."""
    encoder_size: int | None = Field(default=None, ge=16, le=1024)
    """Longer side of what it looks at, in pixels; that of the run where it is the encoder of the run, else its own."""
    augment: Augment | None = None
    """How pictures are varied before it looks."""
    num_augs: int | None = Field(default=None, ge=0, le=64)
    """Augmented views of each picture."""
    include_clean: bool | None = None
    """Whether it looks at the picture without augmentation, too."""
    smoothing: Fraction | None = None
    """Standard deviation of noise over which the score is averaged."""


class TargetConfig(Section):
    """A picture, or a film for `video_similarity`, that a loss alone looks at."""

    picture: InputPath
    """Its file."""
    weight: Positive = 1.0
    """How much it counts beside the others."""
    mask: InputPath | None = None
    """A picture that is white on what of it counts; all of it unless given."""


class RegionConfig(Section):
    """A part of the canvas and what it should show."""

    region: Box | InputPath
    """Where: [left, top, right, bottom] in fractions of the canvas, or a mask, white where it is."""
    prompt: PromptText
    """What."""


def _pictures(value: Any) -> Any:
    values = value if isinstance(value, list | tuple) else [value]
    if not values:
        raise ValueError("expected a picture, or a list of pictures, got []")
    return [{"picture": one} if isinstance(one, str | Path) else one for one in values]


OwnTargets = Annotated[
    list[TargetConfig],
    BeforeValidator(_pictures, json_schema_input_type=Path | TargetConfig | list[Path | TargetConfig]),
]
"""``a.png``, ``{picture: a.png, weight: 2, mask: m.png}``, or a list of such."""

Examples = Annotated[
    list[InputPlace],
    Field(min_length=1),
    BeforeValidator(lambda v: [v] if isinstance(v, str | Path) else v, json_schema_input_type=str | list[str]),
]
"""Pictures that count together: ``a.png``, a folder of pictures, or a list of such."""


def _with_places(value: str, info: ValidationInfo) -> str:
    """An expression whose files have absolute names."""

    def place(pattern: str) -> str:
        if not any(sign in pattern for sign in "*?["):
            return str(find_place(Path(pattern), info))
        return str(find_place(Path(pattern).parent, info) / Path(pattern).name)

    return Expression(value).with_files(place).text


ExpressionText = Annotated[str, AfterValidator(_with_places)]
"""Sums of words and pictures, such as ``"a cat" - "a dog" + style("inks/*.png")``; see `Expression`."""

OwnEncoder = Annotated[EncoderConfig, BeforeValidator(lambda v: {"encoder": v} if isinstance(v, str) else v)]

KEYS: dict[type, dict[str, Any]] = {
    AugmentedEncoder: {
        "encoder": (EncoderName | None, Field(None, description="encoder of this loss alone")),
        "encoder_size": (int | None, Field(None, ge=16, le=1024, description="what it looks at, in pixels")),
        "augment": (Augment | None, Field(None, description="augmentation of this loss alone")),
        "num_augs": (int | None, Field(None, ge=0, le=64, description="augmented views of this loss alone")),
        "include_clean": (bool | None, Field(None, description="whether this loss looks without augmentation, too")),
        "smoothing": (Fraction | None, Field(None, description="noise over which this loss alone is averaged")),
    },
    Region: {},
    Compute: {},
    ModelLibraries: {},
}
"""Keys that belong to the first argument of a type; others are set under their own name. All terms have ``region``."""


def given_type(argument: Argument) -> type | None:
    """The type of what the pipeline gives for an argument, None where the config sets it."""
    for kind in arms_of(argument.kind):
        for given in GIVEN_TYPES:
            if kind is given or (get_origin(kind) is list and get_args(kind) == (given,)):
                return given
    return None


def is_list(argument: Argument) -> bool:
    """True if a list is to be given."""
    return any(get_origin(kind) is list for kind in arms_of(argument.kind))


def keys_of(arguments: dict[str, Argument]) -> dict[str, Any]:
    """The fields by which a config sets what is given."""
    fields: dict[str, Any] = {}
    for name, argument in arguments.items():
        given = given_type(argument)
        if given is None:
            continue
        note = argument.note
        if given is AugmentedEncoder and is_list(argument):
            fields[name] = (list[OwnEncoder] | None, Field(None, description=note))
        elif given is AugmentedEncoder and name != first_encoder(arguments):
            fields[name] = (OwnEncoder | None, Field(None, description=note))
        elif given in KEYS:
            fields |= KEYS[given]
        elif given is Prompt:
            fields[name] = (PromptText | None, Field(None, description="words that this loss alone looks for"))
        elif given is Expression:
            fields[name] = (ExpressionText, Field(description=note))
        elif given is RegionPrompt:
            fields[name] = (Annotated[list[RegionConfig], Field(min_length=1)], Field(description=note))
        elif is_list(argument):
            fields[name] = (Examples, Field(description=note))
        elif given is Sound:
            fields[name] = (InputPath, Field(description=f"a WAV file; {note}"))
        else:
            fields[name] = (OwnTargets | None, Field(None, description="pictures that this loss alone looks at"))
    return fields


def first_encoder(arguments: dict[str, Argument]) -> str | None:
    """The argument to which the keys of `AugmentedEncoder` in `KEYS` belong."""
    single = (n for n, a in arguments.items() if given_type(a) is AugmentedEncoder and not is_list(a))
    return next(single, None)
