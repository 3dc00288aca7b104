"""Stands in for Ray, which is large to install: as much of its interface as the launcher uses, in this process.

`benchmarks/clusters.py` uses Ray itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

losses: dict[str, list[Exception]] = {}
"""Name of a task -> what its attempts end with; those after them come to their end."""

needed: dict[str, dict[str, Any]] = {}
"""Name of a task -> what it was given."""


class exceptions:  # noqa: N801
    class RayError(Exception): ...

    class NodeDiedError(RayError): ...

    class OutOfMemoryError(RayError): ...

    class TaskCancelledError(RayError): ...

    class RayTaskError(RayError):
        cause = ImportError("no module named 'own'")


class Task:
    def __init__(self, said: Iterator[Any], end: Exception | None) -> None:
        self.said, self.end = said, end
        self.begun = False

    def __next__(self) -> Any:
        if self.begun and self.end is not None:
            return self.end
        self.begun = True
        return next(self.said)


def remote(max_calls: int, num_returns: str, max_retries: int) -> Callable[..., Any]:
    assert (num_returns, max_retries) == ("streaming", 0)

    class Remote:
        def __init__(self, function: Callable[..., Iterator[Any]]) -> None:
            self.function = function

        def options(self, name: str, **needs: Any) -> Remote:
            needed[name] = {"max_calls": max_calls, **needs}
            self.end = losses[name].pop(0) if losses.get(name) else None
            return self

        def remote(self, *arguments: Any) -> Task:
            return Task(self.function(*arguments), self.end)

    return Remote


def is_initialized() -> bool:
    return True


def wait(tasks: Sequence[Task], num_returns: int = 1, timeout: float = 0) -> tuple[Sequence[Task], Sequence[Task]]:
    return tasks[:num_returns], tasks[num_returns:]


def get(said: Any) -> Any:
    if isinstance(said, Exception):
        raise said
    return said


def cancel(task: Task, force: bool = False) -> None:
    task.begun, task.end = True, exceptions.TaskCancelledError()
