"""Reading SVG: what is understood, what is named, what is refused."""

from __future__ import annotations

from pathlib import Path as FilePath

import pytest
import torch
from PIL import Image
from stroke_scenes import SCENES

from limn.errors import InputError
from renderers.strokes import Path, Subpath, parse_svg, read_svg, write_svg
from renderers.strokes.svg.path_data import parse_path

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
    for name, tolerance in zip(scene.tensors, (6e-4, 6e-4, 3e-3, 3e-3, 6e-4, 3e-3), strict=False):
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
    Image.new("RGB", (1, 1), "red")  # Pillow keeps what it has read in its table of colours
    drawing = parse_svg(svg(f'<circle r="4" fill="{colour}"/>'))
    assert drawing.scene.fill_colours[0, 0].tolist() == pytest.approx(expected, abs=1e-6)


LINE = '<path d="M0 0L9 9" fill="none" stroke="red" stroke-linecap="round"'
ENCODING = "x.svg, line 1: its encoding is unknown; save it as UTF-8, expected an SVG file"
OUTSIDE = "x.svg, line 1: refers to an entity outside of it, expected an SVG file"
CIRCLES = '<circle r="3"/><circle r="2"/>'


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("<text>hello</text>", "<text>: line 2 <text>"),
        ("<image/><image/>", "<image>: line 2 <image> and 1 more"),
        ("<blink/><marquee/>", "element that is not SVG ('blink'): line 2 <blink> and 1 more"),
        ('<use href="#a"/>', "<use> of something that is not a shape or group here ('#a'): line 2 <use>"),
        ('<use id="a" href="#a"/>', "<use> of what it lies in, left out: line 2 <use>"),
        ('<circle r="3"><animate/></circle>', "element inside a shape ('animate'): line 2 <animate>"),
        (
            '<circle r="3" fill="url(#a)"/><circle r="3" fill="url(#b)"/>',
            "fill by a reference that is not a gradient ('url(#a)'): line 2 <circle> and 1 more",
        ),
        ('<g clip-path="url(#c)"/><g clip-path="url(#d)"/>', "clip-path ('url(#c)'): line 2 <g> and 1 more"),
        ('<g mask="url(#c)"></g>', "mask ('url(#c)'): line 2 <g>"),
        ('<g style="filter:blur(2px)"></g>', "filter ('blur(2px)'): line 2 <g>"),
        ('<circle style="r:4px"/>', "r in a style, which is an attribute here ('4px'): line 2 <circle>"),
        (
            '<rect width="3" height="3" fill="rgba(0,0,0,50%)"/>',
            "colour of numbers and percentages, which programs read differently ('rgba(0,0,0,50%)'): line 2 <rect>",
        ),
        (LINE + ' stroke-dasharray="2 1"/>', "stroke-dasharray ('2 1'): line 2 <path>"),
        (LINE.replace("round", "square") + "/>", "stroke-linecap square, drawn round: line 2 <path>"),
        (LINE.replace("9 9", "9 9L9 0") + "/>", "stroke-linejoin miter, drawn round: line 2 <path>"),
        (
            LINE + ' transform="scale(2 1)"/>',
            "stroke under an uneven transform, drawn with its mean width: line 2 <path>",
        ),
        (f'<g opacity=".5">{CIRCLES}</g>', "group opacity, given to each member instead: line 2 <g>"),
        (
            '<circle r="3" stroke="red" opacity=".5"/>',
            "opacity of a shape with fill and stroke, given to each instead: line 2 <circle>",
        ),
        (
            "<style>g > path {fill: red}</style>",
            "style rule with a selector that is not simple ('g > path'): line 2 <style>",
        ),
        (
            "<style>@media print {path {fill: red}}</style>",
            "style rule @media ('@media print'): line 2 <style>",
        ),
        ("<style>@import 'a.css';</style>", "style rule @import (\"@import 'a.css'\"): line 2 <style>"),
        (
            '<svg width="5" height="5"><rect width="9" height="9"/></svg>',
            "clip of a <svg> to its box: line 2 <svg>",
        ),
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
        (b"\x1f\x8b\x08\0", "x.svg: is compressed (gzip); expected an SVG file, unpack it first"),
        ("<html/>", "x.svg: the root element is not <svg>, expected an SVG file"),
        ("<svg/>", "x.svg, line 1 <svg>: no width in pixels and no viewBox, expected one of them"),
        ('<svg width="1e6" height="5"/>', "x.svg, line 1 <svg>: 1e+06 x 5 pixels, expected 1 to 16384 each"),
        ('<svg width="-1" height="5"/>', "x.svg, line 1 <svg>: -1 x 5 pixels, expected 1 to 16384 each"),
        ('<svg viewBox="0 0 5"/>', "x.svg, line 1 <svg>: viewBox '0 0 5', expected x y width height"),
        ('<svg viewBox="0 0 NaN 5"/>', "x.svg, line 1 <svg>: viewBox '0 0 NaN 5', expected x y width height"),
        ('<svg width="abc%" height="5" viewBox="0 0 5 5"/>', "x.svg, line 1 <svg>: 'abc%' is not a length"),
        ('<svg width="nan%" height="5" viewBox="0 0 5 5"/>', "x.svg, line 1 <svg>: 'nan%' is not a length"),
        ('<svg width="1_0" height="5"/>', "x.svg, line 1 <svg>: '1_0' is not a length"),
        ('<svg width="1e999" height="5"/>', "x.svg, line 1 <svg>: '1e999' is too large"),
        (
            '<svg width="5" height="5" viewBox="0 0 5 5" preserveAspectRatio="middle"/>',
            "x.svg, line 1 <svg>: preserveAspectRatio 'middle', expected for example xMidYMid",
        ),
        (b'<?xml version="1.0" encoding="nope"?><svg/>', ENCODING),
        (b'<?xml version="1.0" encoding="shift_jis"?><svg/>', ENCODING),
        (b'<?xml version="1.0" encoding="hex"?><svg/>', ENCODING),
        (
            b'<?xml version="1.0" encoding="utf-16"?><svg/>',
            "x.svg, line 1: not well-formed XML (encoding specified in XML declaration is incorrect), expected an SVG "
            "file",
        ),
        ('<!DOCTYPE svg [<!ENTITY a SYSTEM "/etc/hosts">]><svg>&a;</svg>', OUTSIDE),
        (
            svg("<g>" * 300 + "</g>" * 300),
            "x.svg, line 2: more than 200 elements inside each other, expected an SVG file",
        ),
    ],
)
def test_bad_files_get_one_clear_line(text: bytes | str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_svg(text, "x.svg")
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ('<circle r="nan"/>', "<circle> left out, because of an attribute (\"'nan' is not a length\")"),
        (
            '<rect width="-3" height="2"/>',
            "<rect> left out, because of an attribute ('width is -3, expected 0 or more')",
        ),
        ('<use href="#last" x="3z"/>', "<use> left out, because of an attribute (\"'3z' is not a length\")"),
        ('<circle r="3" fill="reddish"/>', "fill with a value that is not understood, left out ('reddish')"),
        ('<circle r="3" opacity=".1mm"/>', "opacity with a value that is not understood, left out ('.1mm')"),
        ('<g transform="turn(3)"/>', "transform with a value that is not understood, left out ('turn(3)')"),
        ('<g stroke-width="-3"/>', "stroke-width with a value that is not understood, left out ('-3')"),
        (
            '<g transform="scale(1e14)"><g transform="scale(1e14)">' * 12 + '<circle r="1"/>' + "</g>" * 24,
            "<circle> left out, because of an attribute ('its numbers are too large')",
        ),
    ],
)
def test_a_bad_attribute_costs_no_more_than_its_element(body: str, note: str) -> None:
    drawing = parse_svg(svg(body + '<path id="last" d="M1 1h5v5z" fill="#0f0"/>'))
    assert [line.partition(":")[0] for line in drawing.ignored] == [note]
    assert drawing.scene.fill_colours[0, -1].tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("data", "points", "wrong"),
    [
        ("M1 2L3 4 x", [(1, 2), (3, 4)], "path data has 'x' after L, expected a number"),
        ("M1 2L3 4L5", [(1, 2), (3, 4)], "path data has 1 numbers after L, expected 2"),
        ("M1 2L3 4LNaN 3", [(1, 2), (3, 4)], "path data has 'N' after L, expected a number"),
        ("M1 2L3 4C1 2 3", [(1, 2), (3, 4)], "path data has 3 numbers after C, expected 6"),
        ("M1 2L3 4A1 1 0 2 0 3 3", [(1, 2), (3, 4)], "path data has a flag of 2 after A, expected 0 or 1"),
        ("M1 2L3 4L1e99 5", [(1, 2), (3, 4)], "path data has '1e99 5' after L, expected a number"),
        ("M1 2L3 4L", [(1, 2), (3, 4)], "path data has 0 numbers after L, expected 2"),
        ("M1 2L3 4z5", [(1, 2), (3, 4)], "path data has '5' after Z"),
        ("L3 3", [], "path data begins with 'L3 3', expected M"),
    ],
)
def test_paths_are_drawn_up_to_their_first_error(data: str, points: list[tuple[int, int]], wrong: str) -> None:
    chains, said = parse_path(data)
    ends = [point for chain in chains for point in chain.points[::3]]
    assert [(point.real, point.imag) for point in ends] == points
    assert said == wrong
    assert parse_svg(svg(f'<path d="{data}"/>')).ignored[0].startswith("<path> drawn up to its first error ")


@pytest.mark.parametrize(
    ("points", "wrong"), [("1 1 5 1 5 5 3", "points are 7 numbers"), ("1 1 5 1 5 5 x 3 3", "points have 'x 3 3'")]
)
def test_polygons_are_drawn_up_to_their_first_error(points: str, wrong: str) -> None:
    drawing = parse_svg(svg(f'<polygon points="{points}"/>'))
    assert drawing.scene.topology.points == 9
    assert wrong in drawing.ignored[0]


@pytest.mark.parametrize(
    "text",
    [
        b'\xef\xbb\xbf<svg width="5" height="4"/>',
        '<?xml version="1.0" encoding="utf-16"?><svg width="5" height="4"/>'.encode("utf-16"),
        '<?xml version="1.0" encoding="iso-8859-15"?><svg width="5" height="4"><title>€</title></svg>'.encode("latin9"),
        '<?xml version="1.0" encoding="utf-16"?><svg width="5" height="4"/>',
        '<svg width="5" height="4"><title>\ud800</title></svg>',
    ],
)
def test_encodings(text: bytes | str) -> None:
    assert parse_svg(text).scene.size == (4, 5)


def test_style_sheets_in_other_files_are_named() -> None:
    text = '<?xml-stylesheet href="a.css"?><svg width="5" height="4"/>'
    assert parse_svg(text).ignored == ["<?xml-stylesheet>: line 1 <?xml-stylesheet>"]


def test_files_that_cannot_be_read(tmp_path: FilePath) -> None:
    with pytest.raises(InputError, match=r"nowhere\.svg: cannot be read"):
        read_svg(tmp_path / "nowhere.svg")
    for path in (tmp_path, tmp_path / ("x" * 300), str(tmp_path / "a\0b")):
        with pytest.raises(InputError, match="expected an SVG file"):
            read_svg(path)
    (tmp_path / "binary.svg").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(InputError, match=r"binary\.svg, line 1: not well-formed XML"):
        read_svg(tmp_path / "binary.svg")
