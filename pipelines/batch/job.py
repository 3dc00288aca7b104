"""Job: one run of a batch, with what it needs and how long it may take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from limn.files import make_folder, write_file
from limn.settings import Section

FILE = "job.json"
"""What a run folder says of its job."""


class Resources(Section):
    """What a job needs."""

    gpus: float | None = Field(default=None, ge=0, le=64)
    """GPUs: a fraction shares one, a whole number has them alone; 1 where there is one and the job may use it, unless
    given."""
    cpus: int | None = Field(default=None, ge=1, le=1024)
    """Cores, and threads that the job computes with; its ``threads``, or 1, unless given."""
    memory: float = Field(default=0, ge=0, le=1e6)
    """Main memory in GB."""


class Limits(Section):
    """How long a job may take and how often it may fail."""

    time: float | None = Field(default=None, gt=0, le=1e8)
    """Seconds that one attempt may take; the next one goes on from its checkpoint."""
    silence: float = Field(default=600, ge=6, le=1e8)
    """Seconds without a sign of life after which an attempt counts as hung; a run gives one every five, between two
    steps."""
    retries: int = Field(default=2, ge=0, le=1000)
    """Attempts after the first one that failed."""


SECTIONS: dict[str, type[Section]] = {"resources": Resources, "limits": Limits}


@dataclass(frozen=True)
class Job:
    """One run of a batch.

    Args:
        id: hash of its resolved config, the seed included.
        name: for people.
        folder: name of its run folder inside the batch folder; the id is a part of it.
        config: the resolved config, as YAML.
        fields: what this job says in place of the defaults of the batch, by dotted key.
        resources: what it needs; nothing is left open.
        limits: how long it may take.
        storage: URL under which its run folder is mirrored; empty where it is not.
    """

    id: str
    name: str
    folder: str
    config: str
    fields: Mapping[str, Any]
    resources: Resources
    limits: Limits
    storage: str = ""

    @property
    def gpus(self) -> float:
        """GPUs that it needs."""
        return self.resources.gpus or 0.0

    @property
    def cpus(self) -> int:
        """Cores that it needs."""
        return self.resources.cpus or 1

    def data(self) -> dict[str, Any]:
        """The job as JSON can hold it."""
        text = json.dumps({**vars(self), **{name: getattr(self, name).model_dump() for name in SECTIONS}}, default=str)
        found: dict[str, Any] = json.loads(text)
        return found

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Job:
        """The job that `data` gave."""
        return cls(**{**data, **{name: section.model_validate(data[name]) for name, section in SECTIONS.items()}})

    def prepare(self, batch: Path) -> Path:
        """Makes its run folder, where that is not there; the same by whomever and how often it is called.

        Args:
            batch: the folder of the batch.

        Raises:
            InputError: the disk is full or refuses.
        """
        place = make_folder(batch / self.folder)
        if not (place / "config.yaml").exists():
            about = {"batch": batch.name, "job": self.id, "name": self.name, "fields": dict(self.fields)}
            write_file(place / FILE, json.dumps(about, indent=1, ensure_ascii=False, default=str) + "\n")
            write_file(place / "config.yaml", self.config)
        return place
