"""Expressions: targets in embedding space, written as sums of words and pictures."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.embedding.interpolation import average, slerp, text_difference, union
from guidance.embedding.reading import Once, Reading, Space, found_now
from guidance.embedding.subspaces import basis_of, without
from guidance.encoders import Encoder
from guidance.templates import PLAIN
from limn.errors import InputError, short
from limn.registry import suggestion

T = TypeVar("T")

DEEPEST = 50
"""Brackets in brackets."""


@dataclass(frozen=True)
class Expression:
    """A target such as ``"photo of a cat" - "photo" + style("inks/*.png")``.

    Text in quotes is the embedding of words; ``+``, ``-`` and numbers make sums of embeddings of length 1, of which the
    direction is the target. Functions:

    - ``picture("a.png")``, ``pictures("*.png")``: the mean embedding of files.
    - ``style("*.png")``: what pictures have in common beyond what all pictures have.
    - ``as_words("a.png")``, ``as_picture("a cat")``: a picture as a word, words as a picture (inversion).
    - ``slerp(a, b, 0.3)``: between two, on the arc.
    - ``difference(a, b)``: from b to a.
    - ``mean(a, b, ...)``, ``union(a, b, ...)``: what several have in common; what is like each of them.
    - ``without(a, b, ...)``: a without what it has of the others.

    Args:
        text: of the expression.
        once: keeps what inversions find, which takes hundreds of passes of an encoder.
    """

    text: str
    once: Once = field(default=found_now, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuses what is no expression.

        Raises:
            InputError: says what is wrong and where.
        """
        _check(self._tree(), self.text, 0)

    @property
    def files(self) -> list[str]:
        """The names and patterns of files in it, in their order."""
        calls = (node for node in ast.walk(self._tree()) if isinstance(node, ast.Call))
        return [str(_constant(node.args[0])) for node in calls if _name(node) in OF_FILES]

    @property
    def phrases(self) -> list[str]:
        """The words in it, in their order."""
        nodes = list(ast.walk(self._tree()))
        of_files = {id(node.args[0]) for node in nodes if isinstance(node, ast.Call) and _name(node) in OF_FILES}
        return [
            str(node.value)
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in of_files
        ]

    def with_files(self, place: Callable[[str], str]) -> Expression:
        """The same with other names of files, such as absolute ones."""
        tree = self._tree()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node) in OF_FILES:
                node.args = [ast.Constant(place(str(_constant(node.args[0]))))]
        return replace(self, text=ast.unparse(tree))

    @torch.no_grad()
    def embed(self, encoder: Encoder, templates: Sequence[str] = PLAIN, space: Space = "sphere") -> Tensor:
        """The target [D], of length 1 but in the space ``raw``.

        Args:
            encoder: reads the words and looks at the pictures.
            templates: sentences into which all words are put.
            space: where sums are made, see `Reading`.

        Raises:
            InputError: a file is missing, the encoder knows no words or has no statistics, or the sum is nothing.
        """
        value = _read(self._tree(), Reading(encoder, space, templates, self.once))
        if float(value.norm()) < 1e-4:
            raise InputError(f"{short(self.text)} is nothing: its parts cancel each other")
        return value if space == "raw" else F.normalize(value, dim=-1)

    def _tree(self) -> ast.expr:
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            where = f" at character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
            raise InputError(
                f'{short(self.text)} is no expression{where}; expected sums of words in quotes, like "a cat" - "a dog"'
            ) from None


def _read(node: ast.expr, reading: Reading) -> Tensor:
    """The embedding that a part stands for [D]."""
    if isinstance(node, ast.Constant):
        return reading.words(str(node.value))
    if isinstance(node, ast.UnaryOp):
        return _signed(node.op, _read(node.operand, reading))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        number, part = (node.left, node.right) if _is_number(node.left) else (node.right, node.left)
        factor = _number(number)
        return _read(part, reading) * (factor if isinstance(node.op, ast.Mult) else 1.0 / factor)
    if isinstance(node, ast.BinOp):
        return _read(node.left, reading) + _signed(node.op, _read(node.right, reading))
    assert isinstance(node, ast.Call)
    if _name(node) in OF_TEXT:
        return OF_TEXT[_name(node)](reading, str(_constant(node.args[0])))
    numbers = [_number(part) for part in node.args if _is_number(part)]
    parts = [F.normalize(_read(part, reading), dim=-1) for part in node.args if not _is_number(part)]
    return OF_EMBEDDINGS[_name(node)].make(parts, numbers)


OF_FILES: dict[str, Callable[[Reading, str], Tensor]] = {
    "picture": Reading.pictures,
    "pictures": Reading.pictures,
    "style": Reading.style,
    "as_words": Reading.as_words,
}
"""Functions of the name or pattern of files."""

OF_TEXT = OF_FILES | {"as_picture": Reading.as_picture}
"""These, and functions of words."""


@dataclass(frozen=True)
class _Function:
    """A function of embeddings of length 1: how many it takes, at least and at most, and how many numbers."""

    make: Callable[[list[Tensor], list[float]], Tensor]
    least: int
    most: int
    numbers: int = 0


def _without(parts: list[Tensor], _: list[float]) -> Tensor:
    return without(parts[0], basis_of(torch.stack(parts[1:])))


OF_EMBEDDINGS = {
    "slerp": _Function(lambda parts, numbers: slerp(parts[0], parts[1], numbers[0]), 2, 2, 1),
    "difference": _Function(lambda parts, _: text_difference(parts[0], parts[1]), 2, 2),
    "mean": _Function(lambda parts, _: average(torch.stack(parts)), 2, 1000),
    "union": _Function(lambda parts, _: union(torch.stack(parts)), 2, 1000),
    "without": _Function(_without, 2, 1000),
}
"""Functions of embeddings by name."""


def _check(node: ast.expr, text: str, depth: int) -> None:
    """Raises an `InputError` for the first part that an expression cannot have."""
    if depth > DEEPEST:
        raise InputError(f"{short(text)} has more than {DEEPEST} brackets in brackets")
    said = short(ast.unparse(node))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if not node.value.strip():
            raise InputError(f"{short(text)} has quotes without words")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        _check(node.operand, text, depth + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        _check(node.left, text, depth + 1)
        _check(node.right, text, depth + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        left, right = _is_number(node.left), _is_number(node.right)
        if left == right or (left and isinstance(node.op, ast.Div)):
            raise InputError(f"expected a number times words, or words by a number, got {said}")
        if isinstance(node.op, ast.Div) and _number(node.right) == 0:
            raise InputError(f"{said} divides by zero")
        _check(node.right if left else node.left, text, depth + 1)
    elif isinstance(node, ast.Call):
        _check_call(node, text, depth)
    elif isinstance(node, ast.Name):
        raise InputError(f'{said} stands without quotes; words are in quotes, like "a cat"')
    else:
        raise InputError(f"expected words in quotes, sums and functions of them, got {said}")


def _check_call(node: ast.Call, text: str, depth: int) -> None:
    name, known = _name(node), [*OF_TEXT, *OF_EMBEDDINGS]
    if name not in known or node.keywords:
        raise InputError(
            f"no function {short(ast.unparse(node.func))}{suggestion(name, known)}; known: {', '.join(known)}"
        )
    if name in OF_TEXT:
        if len(node.args) != 1 or not isinstance(_constant(node.args[0]), str):
            what = 'the name or pattern of files, like {}("*.png")' if name in OF_FILES else 'words, like {}("a cat")'
            raise InputError(f"{name} takes {what.format(name)}")
        return
    function = OF_EMBEDDINGS[name]
    numbers = [part for part in node.args if _is_number(part)]
    parts = [part for part in node.args if not _is_number(part)]
    if len(numbers) != function.numbers or not function.least <= len(parts) <= function.most:
        many = function.least if function.least == function.most else f"{function.least} or more"
        behind = " and a number" if function.numbers else ""
        raise InputError(f"{name} takes {many} embeddings{behind}, got {short(ast.unparse(node))}")
    for part in parts:
        _check(part, text, depth + 1)


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _is_number(node: ast.expr) -> bool:
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _number(node: ast.expr) -> float:
    if isinstance(node, ast.UnaryOp):
        return -_number(node.operand) if isinstance(node.op, ast.USub) else _number(node.operand)
    return float(_constant(node))  # type: ignore[arg-type]


def _signed(operator: ast.operator | ast.unaryop, value: T) -> T:
    return -value if isinstance(operator, ast.Sub | ast.USub) else value  # type: ignore[operator]
