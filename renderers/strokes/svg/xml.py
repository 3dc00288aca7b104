"""XML as a tree with line numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from limn.errors import InputError

SVG = "http://www.w3.org/2000/svg"
LINK = "http://www.w3.org/1999/xlink href"
LARGEST = 64 * 2**20
MOST = 500_000
DEEPEST = 200


@dataclass(eq=False, slots=True)
class Node:
    """An element of the SVG namespace, or of none.

    Args:
        tag: name without namespace.
        line: where it begins in the file.
        attributes: by name; those of other namespaces are left out, but for ``xlink:href``, which is ``href``.
        parent: None for the root.
        children: elements of the SVG namespace.
        text: character data.
    """

    tag: str
    line: int
    attributes: dict[str, str]
    parent: Node | None = field(default=None, repr=False)
    children: list[Node] = field(default_factory=list)
    text: str = ""


def read_file(path: str | Path) -> bytes:
    """The bytes of an SVG file.

    Raises:
        InputError: not there, not readable or larger than 64 MiB.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: {path.stat().st_size >> 20} MiB, expected an SVG file of at most 64 MiB")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected an SVG file") from None
    except ValueError:
        raise InputError(f"{str(path)!r} is no name of a file, expected an SVG file") from None


def parse_xml(text: bytes | str, source: str) -> Node:
    """The root element. Entities of the document are replaced; nothing outside of it is read.

    Args:
        text: the document.
        source: its name in errors.

    Raises:
        InputError: not well-formed, in an unknown encoding, too large or nested too deep, or not SVG.
    """
    if isinstance(text, bytes) and text.startswith(b"\x1f\x8b"):
        raise InputError(f"{source}: is compressed (gzip); expected an SVG file, unpack it first")
    tree = _Tree(source, "utf-8" if isinstance(text, str) else None)
    root = tree.parse(text.encode(errors="replace") if isinstance(text, str) else text)
    if root is None or root.tag != "svg":
        raise InputError(f"{source}: the root element is not <svg>, expected an SVG file")
    return root


class _Tree:
    """Builds the tree while expat reads."""

    def __init__(self, source: str, encoding: str | None) -> None:
        self.source = source
        self.parser = expat.ParserCreate(encoding, namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.ProcessingInstructionHandler = self._instruction
        self.parser.ExternalEntityRefHandler = lambda *_: self._refuse("refers to an entity outside of it")
        self.root: Node | None = None
        self.instructions: list[Node] = []
        self.stack: list[Node | None] = []
        self.texts: list[list[str]] = []
        self.elements = self.characters = 0

    def parse(self, document: bytes) -> Node | None:
        try:
            self.parser.Parse(document, True)
        except expat.ExpatError as error:
            self._refuse(f"not well-formed XML ({expat.ErrorString(error.code)})", error.lineno)
        except InputError:
            raise
        except (LookupError, ValueError):
            self._refuse("its encoding is unknown; save it as UTF-8")
        return self.root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        self.elements += 1
        if len(self.stack) >= DEEPEST:
            self._refuse(f"more than {DEEPEST} elements inside each other")
        if self.elements > MOST:
            self._refuse(f"more than {MOST} elements")
        self._count(sum(map(len, attributes.values())))
        node, parent = None, self.stack[-1] if self.stack else None
        if space in ("", SVG) and (parent is not None or not self.stack):
            own = {key: value for key, value in attributes.items() if " " not in key}
            if LINK in attributes:
                own.setdefault("href", attributes[LINK])
            node = Node(tag, self.parser.CurrentLineNumber, own, parent)
            if parent is None:
                self.root = node
                node.children += self.instructions
            else:
                parent.children.append(node)
        self.stack.append(node)
        self.texts.append([])

    def _end(self, name: str) -> None:
        node, text = self.stack.pop(), self.texts.pop()
        if node is not None and node.tag == "style":
            node.text = "".join(text)

    def _text(self, data: str) -> None:
        self._count(len(data))
        self.texts[-1].append(data)

    def _instruction(self, name: str, data: str) -> None:
        """A style sheet in another file becomes an element of the root, as which it is noted."""
        if name == "xml-stylesheet" and self.root is None:
            self.instructions.append(Node("?xml-stylesheet", self.parser.CurrentLineNumber, {}))

    def _count(self, characters: int) -> None:
        """Entities may make a document longer than its file."""
        self.characters += characters
        if self.characters > LARGEST:
            self._refuse(f"its entities make more than {LARGEST >> 20} MiB of text")

    def _refuse(self, what: str, line: int | None = None) -> NoReturn:
        raise InputError(
            f"{self.source}, line {line or self.parser.CurrentLineNumber}: {what}, expected an SVG file"
        ) from None
