"""Arguments of public functions, and what is kept of tensors."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import Tensor

from limn.checks import Arguments, index_range
from limn.errors import InputError
from limn.kept import Kept


def test_letters_of_shapes_must_agree() -> None:
    given = Arguments("paint")
    given.numbers("colour", torch.zeros(2, 5, 3), "N P C")
    given.numbers("weight", torch.zeros(5, 3), "N P C", "P C")
    with pytest.raises(InputError) as caught:
        given.numbers("alpha", torch.zeros(2, 4, 3), "N P C", "P 3")
    wanted = "paint: alpha is float32 [2, 4, 3]; expected numbers [N, P, C] or [P, 3] with N = 2, P = 5, C = 3"
    assert str(caught.value) == wanted


def test_one_line_for_whatever_is_no_tensor() -> None:
    for value in (None, 3, "colour", [[1.0, 2.0]], object()):
        with pytest.raises(InputError, match=r"^paint: colour is .*; expected numbers \[N, 3\]$"):
            Arguments("paint").numbers("colour", value, "N 3")


def test_all_tensors_lie_on_one_device() -> None:
    given = Arguments("paint")
    given.numbers("colour", torch.zeros(2, 3), "N 3")
    with pytest.raises(InputError, match="paint: where is on meta; expected on cpu, where colour is"):
        given.numbers("where", torch.zeros(2, 3, device="meta"), "N 3")


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2", None])
def test_counts_are_integers_from_one(value: object) -> None:
    with pytest.raises(InputError, match="expected an integer from 1"):
        Arguments("paint").count("layers", value)
    with pytest.raises(InputError, match="height and width"):
        Arguments("paint").size("size", (4, value))


def test_a_wrong_name_gets_the_nearest_one() -> None:
    with pytest.raises(InputError, match="paint: wrap is 'mirrored'; did you mean 'mirror'"):
        Arguments("paint").one_of("wrap", "mirrored", ("repeat", "mirror"))


def test_indices_are_looked_at_again_after_they_were_written_to() -> None:
    faces = torch.tensor([[0, 1, 2]])
    assert index_range(faces) == (0, 2)
    faces[0, 0] = 2**40
    assert index_range(faces) == (1, 2**40)
    with pytest.raises(InputError, match=f"paint: faces holds {2**40}; expected 0 to 2, the vertices"):
        Arguments("paint").indices("faces", faces, "F 3", rows=3, of="the vertices")
    with torch.inference_mode():
        uncounted = torch.tensor([[0, 1, 2]])
        assert index_range(uncounted) == (0, 2)
        uncounted[0, 0] = 7
        assert index_range(uncounted) == (1, 7)


def test_what_is_kept_is_computed_once_and_goes_with_its_tensor() -> None:
    calls = []

    @Kept
    def doubled(tensor: Tensor) -> Tensor:
        calls.append(None)
        return 2 * tensor

    tensor = torch.ones(3)
    assert doubled(tensor) is doubled(tensor)
    assert len(calls) == 1
    result, gone = weakref.ref(doubled(tensor)), weakref.ref(tensor)
    del tensor
    gc.collect()
    assert gone() is None
    assert result() is None
