"""Letters against FreeType, their densification, triangles and line."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from PIL import Image, ImageDraw, ImageFont

from limn.curves import Curves
from limn.errors import InputError
from limn.frames import geometry_of
from renderers.strokes import Glyph, Letters, rasterise, read_glyphs
from renderers.strokes.letters import densify
from renderers.strokes.svg.path_data import parse_path

FONT = Path(__file__).parents[2] / "configs" / "assets" / "DejaVuSans-Bold.ttf"
SIZE = 96


def letters(text: str, bent: str = "", **settings: int) -> Letters:
    glyphs = read_glyphs(FONT, text)
    return Letters(glyphs, [n for n, g in enumerate(glyphs) if g.letter in (bent or text)], (SIZE, SIZE), **settings)


def by_freetype(text: str, like: Letters, across: float = 0.0) -> np.ndarray:
    """Coverage that FreeType, at four times the size and averaged, has for the text where ``like`` has its letters."""
    zoom = 4
    scale, shift = like._scale * zoom, like._shift * zoom
    font = ImageFont.truetype(str(FONT), scale, layout_engine=ImageFont.Layout.BASIC)
    canvas = Image.new("L", (SIZE * zoom, SIZE * zoom))
    ImageDraw.Draw(canvas).text((shift.real, shift.imag), text, fill=255, font=font, anchor="ls")
    return np.asarray(canvas.reduce(zoom), dtype=float) / 255


@pytest.mark.parametrize("letter", ["A", "B", "8", "g", "i", "ß", "Ä", "&", "Ж", "%"])
def test_a_letter_is_freetypes(letter: str) -> None:
    """Counters are holes, dots and accents stand where they should, components are found."""
    drawn = letters(letter)
    coverage = drawn.render().alpha[0, 0, 0].detach().numpy()
    expected = by_freetype(letter, drawn)
    # FreeType begins at whole pixels of its own.
    shift, _ = cv2.phaseCorrelate(expected, coverage.astype(float))
    assert max(map(abs, shift)) < 0.3
    moved = cv2.warpAffine(expected, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), (SIZE, SIZE))
    overlap = np.minimum(coverage, moved).sum() / np.maximum(coverage, moved).sum()
    assert overlap > 0.95


def test_letters_stand_where_freetype_sets_them() -> None:
    drawn = letters("Ho y")
    coverage, expected = drawn.render().alpha[0, 0, 0].detach().numpy(), by_freetype("Ho y", drawn)
    assert np.minimum(coverage, expected).sum() / np.maximum(coverage, expected).sum() > 0.85


def test_more_points_keep_the_outline() -> None:
    few, many = letters("B", points=4), letters("B", points=200)
    assert many.points.shape[1] >= 200 > few.points.shape[1]
    assert many.points.shape[1] < 206
    torch.testing.assert_close(many.render().rgb, few.render().rgb, rtol=0, atol=0.05)  # curves become lines


def test_the_longest_piece_is_halved_first() -> None:
    (chain,) = densify(parse_path("M0 0L9 0L9 1L0 1Z")[0], 18)
    knots = chain.points[::3]
    assert knots == pytest.approx([0, 4.5, 9, 9 + 1j, 4.5 + 1j, 1j])


def test_triangles_fill_the_letter_and_nothing_else() -> None:
    drawn = letters("A", points=150)
    corners = drawn.rest[drawn.triangles]
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = float((one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).abs().sum() / 2)
    assert area == pytest.approx(float(drawn.render().alpha.detach().sum()), rel=0.01)
    for triangle in corners[::7].tolist():  # Delaunay: no point within the circle through the corners
        (ax, ay), (bx, by), (cx, cy) = triangle
        system = torch.tensor([[bx - ax, by - ay], [cx - ax, cy - ay]], dtype=torch.float64)
        if float(torch.linalg.det(system).abs()) > 1:
            right = torch.tensor([bx**2 + by**2 - ax**2 - ay**2, cx**2 + cy**2 - ax**2 - ay**2]).double() / 2
            centre = torch.linalg.solve(system, right)
            radius = (centre - torch.tensor([ax, ay])).norm()
            assert ((drawn.rest - centre).norm(dim=1) > radius - 1e-2).all()


def test_frames_tell_rest_and_triangles_and_only_bent_letters_move() -> None:
    drawn = letters("CAT", "A", candidates=2)
    curves = geometry_of(drawn.render(), Curves, "test")
    assert curves.rest is not None
    assert torch.equal(curves.rest, drawn.points[1])
    before = rasterise(drawn.line(1))[0]
    with torch.no_grad():
        drawn.points[1] += 5.0
    after = rasterise(drawn.line(1))[0]
    assert torch.equal(rasterise(drawn.line(0))[0], before)
    moved = (after - before).abs().amax(dim=(0, 1, 2)).nonzero().flatten()
    width = before.shape[-1]
    assert width / 4 < moved.min() < moved.max() < 3 * width / 4


def test_the_line_is_written_beside_the_letter(tmp_path: Path) -> None:
    names = [artefact.path.name for artefact in letters("CAT", "A").artefacts(tmp_path)]
    assert names == ["drawing.svg", "drawing.png", "animation.svg", "line.svg", "line.png"]
    assert [artefact.path.name for artefact in letters("CAT").artefacts(tmp_path / "all")] == names[:3]
    line = letters("CAT", "A").line()
    whole = letters("CAT").line()
    assert line.size == whole.size
    torch.testing.assert_close(rasterise(line)[0], rasterise(whole)[0], rtol=0, atol=0.05)


def test_opentype_outlines_are_cubic_already(tmp_path: Path) -> None:
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef", "o"])
    builder.setupCharacterMap({ord("o"): "o"})
    shapes = {}
    for name in (".notdef", "o"):
        pen = T2CharStringPen(600, None)
        pen.moveTo((100, 0))
        pen.curveTo((100, 700), (500, 700), (500, 0))
        pen.closePath()
        shapes[name] = pen.getCharString()
    builder.setupCFF("Test", {"FullName": "Test"}, shapes, {})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "o": (600, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "test.otf")
    _, second = read_glyphs(tmp_path / "test.otf", "oo")
    (chain,) = second.chains
    assert chain.points[:4] == pytest.approx([0.7, 0.7 - 0.7j, 1.1 - 0.7j, 1.1])


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no letter '漢'"):
        read_glyphs(FONT, "a漢")
    (tmp_path / "no.ttf").write_text("no font at all")
    with pytest.raises(InputError, match="not a readable TrueType or OpenType font"):
        read_glyphs(tmp_path / "no.ttf", "a")
    with pytest.raises(InputError, match="no outline to bend"):
        Letters([Glyph(" ", [])], [0], (SIZE, SIZE))


@pytest.mark.parametrize("table", ["cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp"])
def test_a_damaged_font_is_read_or_one_line(tmp_path: Path, table: str, caplog: pytest.LogCaptureFixture) -> None:
    content = bytearray(FONT.read_bytes())
    entry = 12 + 16 * next(n for n in range(99) if content[12 + 16 * n : 16 + 16 * n] == table.encode())
    start, length = (int.from_bytes(content[entry + at : entry + at + 4], "big") for at in (8, 12))
    for damage in (b"\xff" * length, b""):
        broken = bytearray(content)
        broken[start : start + len(damage)] = damage
        if not damage:
            broken[entry : entry + 4] = b"none"
        (tmp_path / "broken.ttf").write_bytes(broken)
        try:
            read_glyphs(tmp_path / "broken.ttf", "ab")
        except InputError as error:
            assert "\n" not in str(error)
        assert caplog.text == ""
