"""What a report tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from limn.artefact import Artefact
from pipelines.config.run_config import RunConfig
from pipelines.loop.contact_sheets import ByteImage
from pipelines.loop.optimise import Result


@dataclass(frozen=True)
class Moment:
    """The best candidate after some steps of a stage."""

    stage: str
    step: int
    picture: ByteImage


@dataclass(frozen=True)
class StageReport:
    """A stage: its name, the steps that it has, what came of it and the lines of its metrics file."""

    name: str
    steps: int
    result: Result
    metrics: list[dict[str, Any]]


@dataclass(frozen=True)
class ReportData:
    """What the report tells.

    Args:
        config: of the run.
        name: of the run.
        config_text: the resolved config as YAML.
        environment: what the run ran on.
        stages: that the run has gone through.
        finals: the end of each candidate of the last stage [H, W, 3].
        moments: the history of the best candidate; the last one is the end.
        artefacts: what was written of the result, in the folder where the report goes.
        pictures: further pictures by name.
        facts: further facts about the result, by title.
        notes: what is worth knowing of the input and of the steps, one line each.
    """

    config: RunConfig
    name: str
    config_text: str
    environment: Mapping[str, str]
    stages: Sequence[StageReport]
    finals: Sequence[ByteImage]
    moments: Sequence[Moment]
    artefacts: Sequence[Artefact]
    pictures: Mapping[str, ByteImage]
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def result(self) -> Result:
        """What came of the last stage."""
        return self.stages[-1].result

    def first(self, kind: str) -> Artefact | None:
        """The first artefact of a kind."""
        return next((artefact for artefact in self.artefacts if artefact.kind == kind), None)
