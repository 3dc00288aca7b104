"""Slots: what of this machine is free for jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch

from pipelines.batch.job import Job

Devices = tuple[str, ...]
"""GPUs as CUDA_VISIBLE_DEVICES names them."""


class Slots:
    """Cores, memory and GPUs, of which jobs take their part and give it back.

    Args:
        cpus: cores.
        memory: in GB.
        gpus: names of the GPUs.
    """

    def __init__(self, cpus: int, memory: float, gpus: Sequence[str]) -> None:
        self.cpus, self.memory = cpus, memory
        self._cpus, self._memory = cpus, memory
        self._gpus = dict.fromkeys(gpus, 1.0)

    def refusal(self, job: Job) -> str:
        """Why a job has no room even where nothing else is; "" where it has."""
        has = {"cpus": self.cpus, "memory": self.memory, "gpus": len(self._gpus)}
        wants = {"cpus": job.cpus, "memory": job.resources.memory, "gpus": job.gpus}
        units = {"cpus": "cores", "memory": "GB", "gpus": "GPUs"}
        for key, want in wants.items():
            if want > has[key]:
                return f"resources.{key}: it needs {want:g} {units[key]}; there are {has[key]:g}"
        return ""

    def find(self, job: Job) -> Devices | None:
        """The GPUs that a job would have, none where it needs none; None where there is no room for it."""
        if job.cpus > self._cpus or job.resources.memory > self._memory:
            return None
        if job.gpus == 0:
            return ()
        # The fullest that has room, so that whole ones stay whole.
        room = sorted((free, name) for name, free in self._gpus.items() if free >= min(job.gpus, 1) - 1e-9)
        count = max(1, int(job.gpus))
        return tuple(name for _, name in room[:count]) if len(room) >= count else None

    def take(self, job: Job, devices: Devices, sign: int = -1) -> None:
        """Takes what a job needs."""
        self._cpus += sign * job.cpus
        self._memory += sign * job.resources.memory
        for name in devices:
            self._gpus[name] += sign * min(job.gpus, 1)

    def give_back(self, job: Job, devices: Devices) -> None:
        """Gives back what a job had."""
        self.take(job, devices, sign=1)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    count = torch.cuda.device_count()
    given = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return given[:count] or list(map(str, range(count)))
