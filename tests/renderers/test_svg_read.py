"""Reading SVG: what is understood, what is named, what is refused."""

from __future__ import annotations

from pathlib import Path as FilePath

import pytest
import torch
from stroke_scenes import SCENES, TENSORS

from limn.errors import InputError
from renderers.strokes import Path, Subpath, parse_svg, read_svg, write_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10">'
FILES = sorted((FilePath(__file__).parent / "svg").glob("*.svg"))


def svg(body: str) -> str:
    return f"{HEAD}\n{body}</svg>"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_survive_writing_and_reading(path: FilePath) -> None:
    scene = read_svg(path).scene
    again = parse_svg(write_svg(scene))
    assert again.ignored == []
    assert again.scene.topology == scene.topology
    assert again.scene.size == scene.size
    assert again.scene.background == pytest.approx(scene.background)
    for name, tolerance in zip(TENSORS, (6e-4, 6e-4, 3e-3, 3e-3), strict=True):
        assert (getattr(again.scene, name) - getattr(scene, name)).abs().max() < tolerance, name
    assert write_svg(again.scene) == write_svg(scene)


@pytest.mark.parametrize("name", SCENES)
def test_scenes_survive_writing_and_reading(name: str) -> None:
    scene = SCENES[name].candidate(0)
    again = parse_svg(write_svg(scene)).scene
    assert again.topology == scene.topology
    assert torch.allclose(again.points, scene.points, atol=6e-4)
    assert write_svg(again) == write_svg(scene)


def test_path_data_gives_its_control_points() -> None:
    scene = parse_svg(svg('<path d="M1 2q3 0 3 3z m5 0h3"/>')).scene
    assert scene.topology.paths == (Path((Subpath(2, True), Subpath(1)), stroked=False, filled=True),)
    assert scene.points[0, :3].tolist() == pytest.approx(torch.tensor([[1.0, 2], [3, 2], [4, 3]]))
    assert scene.points[0, 6:].tolist() == pytest.approx(torch.tensor([[6.0, 2], [7, 2], [8, 2], [9, 2]]))


def test_the_first_opaque_rectangle_over_everything_is_the_background() -> None:
    assert parse_svg(svg('<rect width="20" height="10" fill="#336699"/>')).scene.background == pytest.approx(
        (0.2, 0.4, 0.6)
    )
    for attributes in (
        'width="19" height="10"',
        'width="20" height="10" rx="3"',
        'width="20" height="10" opacity=".5"',
    ):
        assert len(parse_svg(svg(f"<rect {attributes}/>")).scene.topology.paths) == 1


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("red", (1, 0, 0, 1)),
        ("RebeccaPurple", (0.4, 0.2, 0.6, 1)),
        ("#0f0", (0, 1, 0, 1)),
        ("#00ff0080", (0, 1, 0, 128 / 255)),
        ("rgb(0, 51, 255)", (0, 0.2, 1, 1)),
        ("rgb(0% 20% 100% / 50%)", (0, 0.2, 1, 0.5)),
        ("rgba(300, -5, 0, .25)", (1, 0, 0, 0.25)),
        ("hsl(240, 100%, 50%)", (0, 0, 1, 1)),
        ("url(#missing) blue", (0, 0, 1, 1)),
    ],
)
def test_colours(colour: str, expected: tuple[float, ...]) -> None:
    drawing = parse_svg(svg(f'<circle r="4" fill="{colour}"/>'))
    assert drawing.scene.fill_colours[0, 0].tolist() == pytest.approx(expected, abs=1e-6)


LINE = '<path d="M0 0L9 9" fill="none" stroke="red" stroke-linecap="round"'
CIRCLES = '<circle r="3"/><circle r="2"/>'


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("<text>hello</text>", "<text>: line 2 <text>"),
        ("<image/><image/>", "<image>: line 2 <image> and 1 more"),
        ('<use href="#a"/>', "<use>: line 2 <use>"),
        ("<linearGradient/>", "<linearGradient>: line 2 <linearGradient>"),
        ('<circle r="3" fill="url(#a)"/>', "fill 'url(#a)': line 2 <circle>"),
        ('<g clip-path="url(#c)"></g>', "clip-path 'url(#c)': line 2 <g>"),
        ('<g mask="url(#c)"></g>', "mask 'url(#c)': line 2 <g>"),
        ('<g style="filter:blur(2px)"></g>', "filter 'blur(2px)': line 2 <g>"),
        (LINE + ' stroke-dasharray="2 1"/>', "stroke-dasharray '2 1': line 2 <path>"),
        (LINE.replace("round", "square") + "/>", "stroke-linecap 'square', drawn round: line 2 <path>"),
        (LINE.replace("9 9", "9 9L9 0") + "/>", "stroke-linejoin 'miter', drawn round: line 2 <path>"),
        (
            LINE + ' transform="scale(2 1)"/>',
            "stroke under an uneven transform, drawn with its mean width: line 2 <path>",
        ),
        (f'<g opacity=".5">{CIRCLES}</g>', "group opacity, given to each member instead: line 2 <g>"),
        (
            '<circle r="3" stroke="red" opacity=".5"/>',
            "opacity of a shape with fill and stroke, given to each instead: line 2 <circle>",
        ),
        ("<style>g > path {fill: red}</style>", "style rule 'g > path': line 2 <style>"),
        ("<style>@media print {path {fill: red}}</style>", "style rule '@media print': line 2 <style>"),
    ],
)
def test_what_is_not_understood_is_named(body: str, note: str) -> None:
    assert parse_svg(svg(body)).ignored == [note]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.svg, line 1: not well-formed XML (no element found), expected an SVG file"),
        (HEAD, "x.svg, line 1: not well-formed XML (no element found), expected an SVG file"),
        (f"{HEAD}\n<g></svg>", "x.svg, line 2: not well-formed XML (mismatched tag), expected an SVG file"),
        ("<html/>", "x.svg: the root element is not <svg>, expected an SVG file"),
        ("<svg/>", "x.svg, line 1 <svg>: no width in pixels and no viewBox, expected one of them"),
        ('<svg width="1e6" height="5"/>', "x.svg, line 1 <svg>: 1e+06 x 5 pixels, expected 1 to 16384 each"),
        ('<svg width="-1" height="5"/>', "x.svg, line 1 <svg>: -1 x 5 pixels, expected 1 to 16384 each"),
        ('<svg viewBox="0 0 5"/>', "x.svg, line 1 <svg> viewBox: '0 0 5', expected x y width height"),
        ('<svg viewBox="0 0 NaN 5"/>', "x.svg, line 1 <svg> viewBox: '0 0 NaN 5' has 'N', expected numbers"),
        (svg('<path d="M0 0LNaN 3"/>'), "x.svg, line 2 <path>: path data has 'NaN 3', expected 2 numbers after L"),
        (svg('<path d="L3 3"/>'), "x.svg, line 2 <path>: path data has '3 3', expected a command such as M, L or C"),
        (svg('<path d="M0 0C1 2 3"/>'), "x.svg, line 2 <path>: path data has 'its end', expected 6 numbers after C"),
        (
            svg('<path d="M0 0A1 1 0 2 0 3 3"/>'),
            "x.svg, line 2 <path>: path data has '2 0 3 3', expected 7 numbers after A",
        ),
        (svg('<path d="M0 1e99"/>'), "x.svg, line 2 <path>: path data has '1e99', expected numbers below 10000000"),
        (
            svg('<circle r="nan"/>'),
            "x.svg, line 2 <circle> r: 'nan' is not a length, expected a number such as 12 or 3.5px",
        ),
        (svg('<rect width="-3" height="2"/>'), "x.svg, line 2 <rect> width: -3, expected 0 or more"),
        (svg('<polygon points="1 2 3"/>'), "x.svg, line 2 <polygon> points: 3 numbers, expected pairs"),
        (
            svg('<circle r="3" fill="reddish"/>'),
            "x.svg, line 2 <circle> fill: 'reddish' is not a colour, expected a name, #rrggbb or rgb(...)",
        ),
        (
            svg('<g transform="turn(3)"/>'),
            "x.svg, line 2 <g>: transform 'turn(3)', expected for example translate(3 4)",
        ),
        (
            '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<svg/>',
            "x.svg, line 1: declares the entity 'a', expected none",
        ),
        (svg("<g>" * 300 + "</g>" * 300), "x.svg, line 2: more than 200 elements inside each other"),
    ],
)
def test_bad_files_get_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_svg(text, "x.svg")
    assert str(error.value) == message


def test_files_that_cannot_be_read(tmp_path: FilePath) -> None:
    with pytest.raises(InputError, match=r"nowhere\.svg: cannot be read"):
        read_svg(tmp_path / "nowhere.svg")
    (tmp_path / "binary.svg").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(InputError, match=r"binary\.svg, line 1: not well-formed XML"):
        read_svg(tmp_path / "binary.svg")
