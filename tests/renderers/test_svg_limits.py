"""Documents that are made to take long or to fill the memory: they are read in linear time, or refused in one line."""

from __future__ import annotations

import pytest

from limn.errors import InputError
from renderers.strokes import parse_svg

MANY = 40_000
DRAWN = '<rect width="1" height="1"/>'


def svg(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10">{body}</svg>'


def styled(text: str) -> str:
    return svg(f"<style>{text}</style>")


def attribute(name: str, value: str, tag: str = "rect") -> str:
    return svg(f'<{tag} width="1" height="1" {name}="{value}"/>')


CHAIN = "".join(f'<g id="a{n}"><use href="#a{n + 1}"/></g>' for n in range(999))
LONG = {
    "style without braces": (styled("a" * MANY), []),
    "style of open braces": (styled("{" * MANY), []),
    "style of empty rules": (styled("a{}" * MANY), []),
    "style of comments": (styled("/*" * MANY), []),
    "style of quotes": (styled("'" * MANY), []),
    "style of names": (styled(".a" * MANY + "{fill:red}"), []),
    "style of lines": (styled("\n" * MANY), []),
    "style of a selector": (styled(".a" * MANY + "!{fill:red}"), ["style rule with a selector that is not simple"]),
    "style of parentheses": (attribute("style", "(" * MANY), []),
    "style of importance": (attribute("style", "a:" + "! " * MANY), []),
    "declarations": (attribute("style", "fill:red;" * MANY), []),
    "classes": (attribute("class", "a " * MANY), []),
    "digits": (attribute("x", "1" * MANY + "!"), ["<rect> left out, because of an attribute"]),
    "blanks in a colour": (attribute("fill", "red" + " " * MANY + "!"), ["fill with a value"]),
    "blanks in a reference": (attribute("fill", "url(" + " " * MANY + "x"), ["fill by a reference"]),
    "references": (attribute("fill", "url(" * MANY), ["fill by a reference"]),
    "transforms": (attribute("transform", "scale(1)" * MANY), []),
    "open transforms": (attribute("transform", "scale(" * MANY), ["transform with a value"]),
    "letters in a transform": (attribute("transform", "a" * MANY), ["transform with a value"]),
    "languages": (attribute("systemLanguage", "de," * MANY), []),
    "commands": (attribute("d", "M0 0L1 1" * MANY, "path"), []),
    "numbers": (attribute("d", "M0 0L" + "1 " * MANY, "path"), []),
    "blanks in a path": (attribute("d", "M0 0L1 1" + " " * MANY + "x", "path"), ["<path> drawn up to"]),
    "curves that go far away": (attribute("d", "M0 0" + "c1 2 3 4 5 6" * MANY, "path"), []),
    "curves that go and come": (attribute("d", "M0 0" + "c1e5 2 3 4 5e5 6 -5e5 3 -5 3 -5e5 5" * 4000, "path"), []),
    "points": (attribute("points", "." * MANY, "polygon"), ["<polygon> drawn up to"]),
    "doctype": (f"<!DOCTYPE svg [<!ELEMENT a {'(' * MANY}b{')' * MANY}>]>{svg('')}", []),
    "tags": (svg("".join(f"<x{n}/>" for n in range(9000))), ["element that is not SVG"]),
    "rules and elements": (
        svg(f"<style>{'*{fill:red}' * 9000}</style>" + "".join(f'<g id="a{n}" class="b{n}"/>' for n in range(9000))),
        [],
    ),
    "stops and shapes": (
        svg(
            f'<linearGradient id="a">{"<stop/>" * 9000}</linearGradient>'
            + '<rect width="1" height="1" fill="url(#a)"/>' * 2000
        ),
        [],
    ),
    "circles of use": (
        svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/><use href="#a"/></g>'),
        ["<use> of what it lies in"],
    ),
    "chains of use": (svg(f'<use href="#a0"/><defs>{CHAIN}</defs>'), ["<use> more than 200 deep"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_long_documents_are_read(name: str) -> None:
    text, said = LONG[name]
    ignored = parse_svg(text).ignored
    assert len(ignored) == len(said)
    for line, start in zip(ignored, said, strict=True):
        assert line.startswith(start)
        assert len(line) < 200


BOMBS = {
    "use": (
        "<defs><g id='a0'/>"
        + "".join(f"<g id='a{n + 1}'>" + f"<use href='#a{n}'/>" * 10 + "</g>" for n in range(9))
        + "</defs><use href='#a9'/>",
        "x.svg: more than 100000 elements to draw",
    ),
    "rules": (
        f"<style>{'*{fill:red}' * 5000}{''.join(f'#a{n}{{fill:red}}' for n in range(500))}</style>"
        + "".join(f'<g id="a{n}"/>' for n in range(500)),
        "x.svg: <style>: more than 2000000 pairs of rules and elements",
    ),
}
LAUGHS = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
ENTITIES = {
    "laughs": f'<!DOCTYPE svg [<!ENTITY a0 "ha">{LAUGHS}]><svg><title>&a9;</title></svg>',
    "blow-up": f'<!DOCTYPE svg [<!ENTITY a "{"h" * MANY}">]><svg><title>{"&a;" * MANY}</title></svg>',
    "itself": '<!DOCTYPE svg [<!ENTITY a "&a;">]><svg>&a;</svg>',
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str) -> None:
    body, message = BOMBS[name]
    with pytest.raises(InputError) as error:
        parse_svg(svg(body), "x.svg")
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("name", ENTITIES)
def test_entities_that_explode_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"^x\.svg, line 1: .*expected an SVG file$"):
        parse_svg(ENTITIES[name], "x.svg")
