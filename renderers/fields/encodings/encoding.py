"""Encoding: points in space become features that a field is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn

from limn.errors import InputError
from limn.registry import Registry
from renderers.base import ParameterGroup


class Encoding(nn.Module, ABC):
    """S candidates of a function of space. Every parameter has S as its leading dimension.

    A constructor takes ``candidates`` (S) and ``generator`` (for what starts at random); its further arguments are the
    configuration.

    Attributes:
        features: F, how many numbers it gives for a point.
        direct: True where features are themselves what a field shows (raw density, then colour) and change linearly
            with the parameters: such an encoding needs no network behind it.
    """

    features: int
    direct: bool = False

    @abstractmethod
    def forward(self, points: Tensor, owner: Tensor) -> Tensor:
        """Features of points, differentiable by the parameters.

        Args:
            points: in the box -1..1 [M, 3]; outside, what the nearest face of the box has.
            owner: the candidate of each point, ascending, int32 [M].

        Returns:
            [M, F].
        """

    def gradient(self, points: Tensor, owner: Tensor) -> tuple[Tensor, Tensor]:
        """The first feature [M] and its gradient in space [M, 3], of direct encodings."""
        raise NotImplementedError

    @abstractmethod
    def parameter_groups(self) -> list[ParameterGroup]:
        """The parameters by name, each group with its own learning rate."""

    def take_over(self, other: Encoding) -> None:
        """Becomes the function of another encoding of as many candidates.

        Raises:
            InputError: it is one of another kind or form.
        """
        mine, theirs = self.state_dict(), other.state_dict()
        shapes = [{name: part.shape for name, part in parts.items()} for parts in (mine, theirs)]
        if type(self) is not type(other) or shapes[0] != shapes[1]:
            raise InputError(f"{_shown(self)} cannot take over what {_shown(other)} holds; expected the same encoding")
        self.load_state_dict(theirs)

    def constrain(self) -> None:
        """Projects the parameters back into their range, in place and without gradient."""

    def open(self, fraction: float) -> None:
        """Opens levels from coarse to fine; an encoding without levels ignores it.

        Args:
            fraction: of its levels, 0..1; the coarsest is always open.
        """

    @property
    @abstractmethod
    def cell(self) -> float:
        """Side of the finest open cell in a box of side 2: the step of finite differences."""

    @property
    def tables(self) -> tuple[Tensor, ...]:
        """What lies on regular grids [S, ..., C], for losses that compare neighbours."""
        return ()


ENCODINGS: Registry[Callable[..., Encoding]] = Registry(
    "encoding",
    {
        "dense_grid": "renderers.fields.encodings.dense_grid:DenseGrid",
        "fourier": "renderers.fields.encodings.fourier:Fourier",
        "hash_grid": "renderers.fields.encodings.hash_grid:HashGrid",
        "triplane": "renderers.fields.encodings.triplane:Triplane",
    },
)
"""Encodings by the name that a config uses."""


def _shown(encoding: Encoding) -> str:
    return f"{type(encoding).__name__} {[list(part.shape[1:]) for part in encoding.parameters()]}"
