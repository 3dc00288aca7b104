"""Schedules: numbers that change over a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from limn.errors import InputError, short
from limn.settings import Section


class Schedule(Section):
    """A number that goes from one value to another between two points of a run.

    In a config it is a plain number or ``{from: 0.98, to: 0.5, start: 0, end: 0.5, shape: linear}``.

    Args:
        first: value up to ``start`` (``from`` in a config).
        last: value after ``end`` (``to`` in a config).
        start: fraction of the run where the change begins, 0..1.
        end: fraction of the run where it is done, 0..1.
        shape: ``linear``, ``cosine`` (slow at both ends), ``sqrt`` (fast at first) or
            ``exp`` (geometric, for positive values).
    """

    model_config = ConfigDict(populate_by_name=True)

    first: float = Field(alias="from")
    last: float = Field(alias="to")
    start: float = Field(default=0.0, ge=0.0, le=1.0)
    end: float = Field(default=1.0, ge=0.0, le=1.0)
    shape: Literal["linear", "cosine", "sqrt", "exp"] = "linear"

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"from": value, "to": value}
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Schedule:
        if self.start > self.end:
            raise ValueError(f"start ({self.start}) lies after end ({self.end})")
        if self.shape == "exp" and not (self.first > 0 and self.last > 0):
            raise ValueError("shape exp needs positive values of from and to")
        return self

    def at(self, progress: float) -> float:
        """The value when the fraction ``progress`` (0..1) of the run is done."""
        if progress >= self.end:
            return self.last
        if progress <= self.start:
            return self.first
        x = (progress - self.start) / (self.end - self.start)
        if self.shape == "exp":
            return self.first * math.pow(self.last / self.first, x)
        if self.shape == "cosine":
            x = 0.5 - 0.5 * math.cos(math.pi * x)
        elif self.shape == "sqrt":
            x = math.sqrt(x)
        return self.first + (self.last - self.first) * x


def constant(value: float) -> Schedule:
    """The schedule that never changes.

    Raises:
        InputError: the value is no finite number.
    """
    try:
        return Schedule.model_validate(value)
    except ValidationError:
        raise InputError(f"expected a finite number or a Schedule, got {short(value)}") from None


def within(least: float, greatest: float) -> Any:
    """Marks a number or a schedule as one that stays in a range."""

    def check(value: float | Schedule | None) -> float | Schedule | None:
        for end in (value.first, value.last) if isinstance(value, Schedule) else (value,):
            if end is not None and not least <= end <= greatest:
                raise ValueError(f"expected a number from {least:g} to {greatest:g}, got {end:g}")
        return value

    return AfterValidator(check)


def _is_number_or_mapping(value: Any) -> Any:
    if isinstance(value, Mapping | Schedule) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise ValueError(f"expected a number or a schedule such as {{from: 1, to: 0.1}}, got {short(value)}")


Scheduled = Annotated[
    Schedule,
    BeforeValidator(_is_number_or_mapping, json_schema_input_type=float | Schedule),
    PlainSerializer(lambda s: s.first if s.first == s.last else s.model_dump(by_alias=True), return_type=Any),
]
"""A number, or a number that changes over the run."""
