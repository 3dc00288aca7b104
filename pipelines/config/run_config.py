"""RunConfig: what every run can be told. Recipes add their own fields in a subclass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import torch
from PIL import Image
from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from limn.coarse_to_fine import CoarseToFine
from limn.errors import InputError, short
from limn.pictures import with_longer_side
from limn.ranges import Fraction, Steps
from limn.settings import Section
from pipelines.config.auto import Choose, chosen_prior, with_priors
from pipelines.config.given import Augment
from pipelines.config.memory import least_memory, memory_of_machine
from pipelines.config.names import EncoderName
from pipelines.config.paths import FolderName, OutputPath, SearchPath
from pipelines.config.prompts import with_phrases
from pipelines.config.readers import check_words
from pipelines.config.terms import LearningRate, Losses


class VideoConfig(Section):
    """The film of the run."""

    formats: list[Literal["mp4", "gif"]] = ["mp4"]
    """Which films to write."""
    seconds: float = Field(default=5.0, ge=0.1, le=600)
    """How long the film is; its last picture then stays for a second more."""
    fps: int = Field(default=24, ge=1, le=60)
    """Pictures a second."""
    channels: list[Literal["rgb", "depth", "normal"]] | None = None
    """Which films go once around a scene: ``rgb`` for models and all three for fields, unless given."""


class PruneConfig(Section):
    """A moment at which all candidates but the best are dropped."""

    at: float = Field(default=0.3, ge=0, lt=1)
    """When, as a fraction of each stage; 0 for before its first step."""
    keep: int = Field(default=1, ge=1, le=256)
    """How many candidates stay."""
    by: Literal["objective", "clip"] = "objective"
    """What ranks the candidates: the run's own losses, or the similarity of picture and prompt to the encoder."""


LEAST, MOST = 16, 4096
Pixels = Annotated[int, Field(ge=LEAST, le=MOST)]


def _is_size(value: Any) -> Any:
    sides = value if isinstance(value, list | tuple) and len(value) == 2 else [value]
    if all(type(side) is int and LEAST <= side <= MOST for side in sides):
        return value
    raise ValueError(f"expected pixels from {LEAST} to {MOST}, a number or [height, width], got {short(value)}")


CanvasSize = Annotated[
    Pixels | tuple[Pixels, Pixels],
    BeforeValidator(_is_size, json_schema_input_type=Pixels | tuple[Pixels, Pixels]),
]


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, Mapping | PruneConfig) else value


class RunConfig(Section):
    """Settings of a run that all recipes share."""

    model_config = ConfigDict(validate_default=True)

    main: ClassVar[str] = ""
    """The setting that a command line may give without its key, such as ``prompt``."""
    auto_prior: ClassVar[str] = ""
    """What the prior ``auto`` stands for; chosen by the words unless given."""

    recipe: str
    """What to make: a registered recipe, or ``module:function`` for one of one's own."""
    name: FolderName = ""
    """Folder of these runs inside ``output``; the file name of the config, or the recipe, unless given."""
    run: FolderName = ""
    """Folder of this run inside ``name``; date, time and seed unless given."""
    output: OutputPath = Path("outputs")
    """Where runs are written."""
    import_from: list[SearchPath] = []
    """Folders where ``module:Name`` is looked for beside the working directory; the config's own unless given."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Decides every random draw of the run."""
    steps: Steps = 500
    """Steps of optimisation."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute; ``auto`` takes a GPU where there is one."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """Of the processor; all cores unless given. A resumed run keeps the number, because sums depend on it."""
    best_of: int = Field(default=1, ge=1, le=256)
    """Candidates that are optimised side by side; the one with the least eval loss is the result, see ``best``."""
    prune: Annotated[list[PruneConfig], BeforeValidator(_one_or_more, PruneConfig | list[PruneConfig])] = []
    """Moments at which candidates are dropped: one such as ``{at: 0.3, keep: 1}``, or a list."""
    size: CanvasSize = 224
    """Of the canvas, the pictures that the losses see, in pixels: the longer side, or ``[height, width]``. A recipe
    with a ``target`` picture keeps its proportions where one number is given; others draw squares."""
    encoder: EncoderName = "pocket"
    """The model with which losses compare pictures and words: ``pocket``, ``ViT-B-32/openai``, ``local-dir:...``,
    ``hf-hub:...``."""
    encoder_size: int | None = Field(None, ge=16, le=1024)
    """Height and width of what the encoder looks at; its own unless given. Larger shows it thinner lines."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the encoder's picture tower; ``auto`` takes bfloat16 where the processor is fast at it."""
    augment: Augment = ["perspective", {"crop": [0.8, 0.8]}]
    """How pictures are varied before an encoder sees them: augmentations in their order, with their settings."""
    num_augs: int = Field(default=4, ge=0, le=64)
    """Augmented views of each picture, beside the picture itself."""
    smoothing: Fraction = 0.0
    """Standard deviation of noise on all of these, in units of the 0..1 range: the score is averaged over it. 0.1 to
    0.3 make an encoder hard to fool."""
    losses: Losses = {}
    """The losses, by name."""
    unknown_words: Literal["refuse", "allow"] = "refuse"
    """What to do where a prompt has words that no prior and no encoder of the run knows."""
    ordered: bool = False
    """Whether strokes or shapes order themselves: the first ones alone are a coarser drawing (nested dropout)."""
    learning_rates: dict[str, LearningRate] = {}
    """Learning rates by parameter group, in place of the renderer's own."""
    coarse_to_fine: CoarseToFine | None = None
    """Moves coarse parameters first and fine ones last, by a bump over the learning rates: ``{width: 0.4}``. For
    renderers whose parameters have such an order: layers of ``finer``, ``siren``, ``wire`` and ``fourier``, grids of
    ``pyramid``."""
    eval_every: Steps = 10
    """Steps between evaluations without augmentation."""
    best: Literal["objective", "clip", "last"] = "objective"
    """Which state is the result: that of the least loss (``objective``), that whose views are most similar to the
    prompt for the encoder (``clip``), or the one at the end (``last``; the encoder then compares candidates where there
    is a prompt)."""
    checkpoint_every: Steps = 100
    """Steps between checkpoints."""
    checkpoint_minutes: float = Field(default=5.0, gt=0, le=10_000)
    """Minutes between checkpoints where steps are slow; whichever comes first."""
    preview_every: Steps | None = None
    """Steps between pictures of the history; as many as the film needs unless given."""
    preview_size: Pixels | None = None
    """Longer side of the pictures of the history; that of the canvas unless given."""
    video: VideoConfig = VideoConfig()
    """The film."""

    @property
    def pictures_at_once(self) -> int:
        """How many pictures a step or an evaluation has in memory."""
        return self.best_of

    @property
    def judge(self) -> Literal["objective", "clip"]:
        """What compares states and candidates: the run's own losses, or the encoder with the prompt."""
        compares = self.best == "last" and self.best_of > 1 and bool(self.prompt_words)
        return "clip" if self.best == "clip" or compares else "objective"

    @property
    def prompt_words(self) -> str:
        """The prompt; "" where there is none."""
        return str(getattr(self, "prompt", ""))

    @property
    def priors(self) -> dict[str, str]:
        """Priors that read the prompt beside those of the losses, by the key that names them."""
        return {}

    @classmethod
    def choose_prior(cls, info: ValidationInfo) -> Choose:
        """What gives the prior ``auto`` a name."""
        said = (info.context or {}).get("said")
        return lambda *prompts: cls.auto_prior or chosen_prior(*prompts, said=said)

    @model_validator(mode="before")
    @classmethod
    def _name_priors(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping):
            return data
        data = with_phrases(data, info)
        if "losses" not in data:
            return data
        prompt = data.get("prompt") or data.get("text", "")
        return {**data, "losses": with_priors(data["losses"], prompt, cls.choose_prior(info))}

    @model_validator(mode="after")
    def _knows_words(self, info: ValidationInfo) -> Self:
        if self.unknown_words == "refuse" and not (info.context or {}).get("finished"):
            check_words(self)
        return self

    @model_validator(mode="after")
    def _has_words_for_clip(self) -> Self:
        for key, judge in [("best", self.best), *(("prune: by", moment.by) for moment in self.prune)]:
            if judge == "clip" and not self.prompt_words:
                raise ValueError(f"{key}: clip compares pictures with a prompt, which this recipe has not")
        return self

    @model_validator(mode="after")
    def _fits_into_memory(self, info: ValidationInfo) -> Self:
        """A finished run was large enough for the machine that it ran on."""
        has = None if (info.context or {}).get("finished") else memory_of_machine()
        looks = self.best_of * self.num_augs * (self.encoder_size is not None)
        height, width = self.shape()
        needs = least_memory(self.pictures_at_once, (height, width), looks, self.encoder_size or 0)
        if has is not None and needs > has:
            pictures = f"{self.pictures_at_once} pictures of {height} x {width} pixels at once"
            memory = f"{needs / 1e9:.0f} GB at least; this machine has {has / 1e9:.0f} GB"
            raise ValueError(f"{pictures}, and what the encoder looks at, need {memory}")
        return self

    def shape(self, picture: Image.Image | None = None) -> tuple[int, int]:
        """Height and width of the canvas in pixels.

        Args:
            picture: what the run looks at; its proportions are the canvas's where ``size`` is one number.
        """
        if not isinstance(self.size, int):
            return self.size
        return with_longer_side((1, 1) if picture is None else (picture.height, picture.width), self.size)

    def history_every(self, steps: int) -> int:
        """Steps between pictures of the history of a stage that has so many."""
        return self.preview_every or max(1, round(steps / (self.video.seconds * self.video.fps)))

    def torch_device(self) -> torch.device:
        """Where to compute.

        Raises:
            InputError: a GPU is asked for and there is none.
        """
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError("device: cuda is asked for, but torch sees no GPU here")
        return torch.device("cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu")
