"""XML as a tree with line numbers; entities are refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from limn.errors import InputError

SVG = "http://www.w3.org/2000/svg"
LARGEST = 64 * 2**20


@dataclass
class Node:
    """An element of the SVG namespace, or of none.

    Args:
        tag: name without namespace.
        line: where it begins in the file.
        attributes: by name; those of other namespaces are left out.
        children: elements of the SVG namespace.
        text: character data.
    """

    tag: str
    line: int
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""


def read_file(path: Path) -> bytes:
    """The bytes of an SVG file.

    Raises:
        InputError: not there, not readable or larger than 64 MiB.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: {path.stat().st_size >> 20} MiB, expected an SVG file of at most 64 MiB")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected an SVG file") from None


def parse_xml(text: bytes, source: str) -> Node:
    """The root element.

    Args:
        text: the document.
        source: its name in errors.

    Raises:
        InputError: not well-formed, with entities of its own, nested too deep, or not SVG.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    top = Node("", 0, {})
    stack: list[Node | None] = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        if len(stack) > 200:
            raise InputError(f"{source}, line {parser.CurrentLineNumber}: more than 200 elements inside each other")
        node = None
        if space in ("", SVG) and stack[-1] is not None:
            own = {key: value for key, value in attributes.items() if " " not in key}
            node = Node(tag, parser.CurrentLineNumber, own)
            stack[-1].children.append(node)
        stack.append(node)

    def text_of(data: str) -> None:
        if stack[-1] is not None:
            stack[-1].text += data

    def entity(name: str, *_: object) -> None:
        raise InputError(f"{source}, line {parser.CurrentLineNumber}: declares the entity {name!r}, expected none")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    parser.CharacterDataHandler = text_of
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputError(
            f"{source}, line {error.lineno}: not well-formed XML ({reason}), expected an SVG file"
        ) from None
    if not top.children or top.children[0].tag != "svg":
        raise InputError(f"{source}: the root element is not <svg>, expected an SVG file")
    return top.children[0]
