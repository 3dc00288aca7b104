"""What SVG files have, drawn by the engine and by resvg, an independent renderer."""

from __future__ import annotations

import pytest
import torch
from stroke_scenes import draw, psnr, resvg

from renderers.strokes import parse_svg, write_svg

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
BOX = 'x="20" y="10" width="24" height="12"'
ROUND = 'stroke-linecap="round" stroke-linejoin="round"'


def svg(body: str, attributes: str = 'width="60" height="40"') -> str:
    return f"<svg {NAMES} {attributes}>{body}</svg>"


def styled(rules: str, body: str = f'<rect id="a" class="b" {BOX}/>') -> str:
    return svg(f"<style>{rules}</style>{body}")


FEATURES = {
    "origin in pixels": svg(f'<rect {BOX} transform="rotate(30)" transform-origin="32px 16px" fill="green"/>'),
    "origin in per cent": svg(f'<rect {BOX} transform="rotate(30)" transform-origin="50% 25%" fill="green"/>'),
    "origin in words": svg(f'<rect {BOX} transform="rotate(-20)" transform-origin="bottom right" fill="green"/>'),
    "origin in one word": svg(f'<rect {BOX} transform="rotate(9)" transform-origin="top" fill="green"/>'),
    "origin of a group": svg(f'<g transform="scale(.5)" transform-origin="center"><rect {BOX} fill="green"/></g>'),
    "transform in a rule": styled("#a {transform: scale(.5)}"),
    "transform of style and attribute": styled(
        "#a {transform: scale(.5)}", f'<g id="a" transform="scale(9)"><rect {BOX}/></g>'
    ),
    "ellipse of one radius": svg('<ellipse cx="30" cy="20" rx="12" fill="green"/>'),
    "ellipse of the other": svg('<ellipse cx="30" cy="20" ry="12" rx="auto" fill="green"/>'),
    "rounded in per cent": svg(f'<rect {BOX} rx="10%" fill="green"/><rect width="9" height="20" rx="3" ry="20%"/>'),
    "rounded by a negative": svg(f'<rect {BOX} rx="-3" ry="5" fill="green"/>'),
    "em": svg('<g font-size="10"><rect x="1em" y="1em" width="2em" height="3ex" fill="green"/></g>'),
    "em of a style": svg('<g style="font-size:9px"><rect x="1em" width="4em" height="3em" style="font-size:50%"/></g>'),
    "stroke width in em": svg(f'<path d="M9 9h30" stroke="red" stroke-width=".5em" font-size="20" {ROUND}/>'),
    "important": styled("#a {fill: green !important} #a {fill: red}"),
    "important in a style": styled(".b {fill: green ! important}", f'<rect class="b" {BOX} style="fill:red"/>'),
    "comments": svg(f'<rect {BOX} style="/*x*/fill:/* ; */green/**/"/>'),
    "comments in rules": styled("/* #a {fill: red} */ #a {fill: green; /* fill: red */} <!-- --> "),
    "style of another type": svg(f'<style type="text/less">rect {{fill: red}}</style><rect {BOX} fill="green"/>'),
    "semicolons in quotes": styled("#a {font-family: ';fill: red}'; fill: green}"),
    "background": svg(f"<rect {BOX}/>", 'width="60" height="40" style="background-color:#8cf8"'),
    "language": svg(f'<rect {BOX} systemLanguage="de"/><rect width="9" height="9" systemLanguage="fr, en"/>'),
    "switch": svg(
        f'<switch><rect {BOX} systemLanguage="de"/><rect {BOX} fill="red"/><rect width="60" height="40"/></switch>'
    ),
    "opacity in per cent": svg(f'<rect {BOX} opacity="50%" fill-opacity="50%"/>'),
    "wide by half a pixel": svg('<rect width="10.5" height="9" fill="green"/>', 'viewBox="0 0 10.5 20"'),
    "wide by less": svg('<rect width="10.4" height="9" fill="green"/>', 'viewBox="0 0 10.4 20"'),
    "far away": svg('<path d="M-2e7 20L2e7 10V2e7H-2e7z" fill="green"/>'),
    "far away and stroked": svg(f'<path d="M-2e7 9L2e7 25" stroke="green" stroke-width="5" {ROUND}/>'),
    "far away and nowhere near": svg(f'<path d="M1e6 1e6h9v9z"/><path d="M-1e6 0L0-1e6z"/><rect {BOX} fill="green"/>'),
    "far away by a transform": svg('<circle r=".1" cx=".5" transform="scale(1e7) translate(-.4 0)" fill="green"/>'),
    "use": svg(f'<defs><g id="g" fill="red"><rect id="r" {BOX}/></g></defs><use href="#g" x="3" y="5" fill="blue"/>'),
    "use of xlink": svg(f'<use xlink:href="#r" transform="scale(.5)" fill="red"/><defs><rect id="r" {BOX}/></defs>'),
    "symbol": svg(
        '<symbol id="s" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5" fill="green"/></symbol>'
        '<use href="#s" x="5" y="5" width="20" height="30"/><use href="#s" width="9" height="9"/>'
    ),
    "svg inside": svg(
        '<svg x="30" y="10" width="20" height="20" viewBox="0 0 2 4"><rect width="100%" height="50%"/></svg>'
    ),
    "stroke below": svg(
        f'<rect {BOX} fill="lime" stroke="red" stroke-width="9" stroke-linejoin="round" paint-order="stroke"/>'
    ),
    "shapes without area": svg(f'<path d="M9 9z" stroke="red" stroke-width="9"/><rect {BOX} fill="green"/>'),
    "colours": svg(
        f'<g color="green"><rect {BOX} fill="currentColor"/><rect width="9" height="9" fill="HSL(20 50% 50%)"/></g>'
    ),
    "inherit": svg(f'<g fill="green" opacity=".5"><rect {BOX} style="fill:red;fill:inherit"/></g>'),
    "gradient of one colour": svg(
        f'<linearGradient id="g"><stop stop-color="green"/></linearGradient><rect {BOX} fill="url(#g)"/>'
    ),
    "entities": f'<!DOCTYPE svg [<!ENTITY c "green">]>{svg(f"<rect {BOX} fill=" + chr(34) + "&c;" + chr(34) + "/>")}',
}


@pytest.mark.parametrize("name", FEATURES)
def test_features(name: str) -> None:
    drawing = parse_svg(FEATURES[name])
    assert drawing.ignored == []
    expected = resvg(FEATURES[name])
    assert expected.std() > 0.05
    assert drawing.scene.size == tuple(expected.shape[1:])
    assert psnr(draw(drawing.scene), expected) > 38


def test_transforms_of_styles_have_units() -> None:
    style = "translate(5px, 10%) rotate(.1turn) skewX(10deg) scale(50%, .5)"
    attribute = "translate(5 4) rotate(36) skewX(10) scale(.5 .5)"
    ours = draw(parse_svg(svg(f'<rect {BOX} style="transform:{style}"/>')).scene)
    assert psnr(ours, resvg(svg(f'<rect {BOX} transform="{attribute}"/>'))) > 38


def test_curves_that_begin_and_end_far_away_pass_where_they_should() -> None:
    curve = [-5e6 + 20j, -1e6 + 10j, 3e6 + 20j, 9e6 + 20j]
    low, high = 0.0, 1.0

    def at(t: float) -> complex:
        return sum(n * (1 - t) ** (3 - k) * t**k * p for k, (n, p) in enumerate(zip((1, 3, 3, 1), curve, strict=True)))

    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle).real < 30.5 else (low, middle)
    picture = draw(parse_svg(svg('<path d="M-5e6 20C-1e6 10 3e6 20 9e6 20V40H-5e6z"/>')).scene)
    assert float(picture[0, :, 30].sum()) == pytest.approx(at(low).imag, abs=0.01)


def test_a_value_that_makes_no_sense_leaves_the_one_before() -> None:
    drawing = parse_svg(styled("#a {fill: green; fill: what(1)}"))
    assert drawing.scene.fill_colours[0, 0].tolist() == pytest.approx([0, 128 / 255, 0, 1])
    assert drawing.ignored == ["fill with a value that is not understood, left out ('what(1)'): line 1 <style>"]


def test_enormous_documents_cover_the_canvas() -> None:
    box = 'viewBox="0 0 1e14 1e14" width="20" height="20"'
    picture = draw(parse_svg(svg('<rect width="5e13" height="1e14" fill="blue"/>', box)).scene)
    assert torch.allclose(1 - picture[0], (torch.arange(20) < 10).float().expand(20, 20), atol=1e-5)


CLIPS = {
    "a rectangle around it": ('<rect width="50" height="30"/>', "", False),
    "a path around it": ('<path d="M60 40H0V0h60z"/>', "", False),
    "a rectangle that cuts": ('<rect width="30" height="30"/>', "", True),
    "a rectangle that cuts its stroke": ('<rect x="19" y="9" width="26" height="14"/>', 'stroke="red"', True),
    "a round one": ('<circle r="99"/>', "", True),
    "a turned one": ('<rect width="99" height="99" transform="rotate(9)"/>', "", True),
    "nothing": ("", "", True),
}


@pytest.mark.parametrize("name", CLIPS)
def test_clips_are_named_where_they_may_cut(name: str) -> None:
    clip, stroke, said = CLIPS[name]
    body = (
        f'<clipPath id="c">{clip}</clipPath><g clip-path="url(#c)"><rect {BOX} {stroke} stroke-width="4" {ROUND}/></g>'
    )
    drawing = parse_svg(svg(body))
    assert drawing.ignored == (["clip-path ('url(#c)'): line 1 <g>"] if said else [])
    assert said or psnr(draw(drawing.scene), resvg(svg(body))) > 38


STOPS = '<stop stop-color="#f00"/><stop offset="1" stop-color="#00f"/>'
GRADIENTS = {
    "linear": (STOPS, (0.5, 0, 0.5, 1)),
    "uneven": (
        '<stop offset=".5" stop-color="white"/><stop offset="100%" style="stop-color:black"/>',
        (0.75, 0.75, 0.75, 1),
    ),
    "steps": (
        '<stop offset=".2" stop-color="red"/><stop offset=".2" stop-color="#00f"/><stop stop-color="#00f"/>',
        (0.2, 0, 0.8, 1),
    ),
    # Opacity 1 - t, colour (1 - t, 0, t): the integrals of their product are 1/3, 0 and 1/6, that of opacity is 1/2.
    "fading": (STOPS.replace('"#00f"', '"#00f" stop-opacity="0"'), (2 / 3, 0, 1 / 3, 0.5)),
    "clear": ('<stop stop-color="red" stop-opacity="0"/>', (0, 0, 0, 0)),
    "rules": ('<stop class="s"/><stop offset="1" stop-color="currentColor" color="lime"/>', (0.5, 0.5, 0, 1)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_become_their_mean(name: str) -> None:
    stops, expected = GRADIENTS[name]
    body = f'<style>.s{{stop-color:red}}</style><radialGradient id="a">{stops}</radialGradient>'
    scene = parse_svg(svg(f'{body}<rect {BOX} fill="url(#a) red"/>')).scene
    assert scene.fill_colours[0, 0].tolist() == pytest.approx(expected, abs=1e-6)


LINEAR = {
    "box": 'x2="0" y2="1"',
    "slanted": 'x1="10%" y1=".2" x2=".7" y2="90%"',
    "own units": 'gradientUnits="userSpaceOnUse" x1="3" y1="1" x2="15" y2="50%"',
    "transform": 'gradientTransform="rotate(20) scale(.7 .4)"',
    "others": 'href="#b"',
}


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("transform", ["", "rotate(-15) translate(-3 4)", "skewX(25) scale(1 .6)"])
def test_linear_gradients_of_two_stops_are_drawn_as_they_are(name: str, transform: str) -> None:
    stops = '<stop offset=".1" stop-color="red"/><stop offset="80%" stop-color="blue" stop-opacity=".4"/>'
    other = f'<linearGradient id="b" x1="1" x2="0">{stops}</linearGradient>'
    gradient = f'<linearGradient id="a" {LINEAR[name]}>{"" if name == "others" else stops}</linearGradient>'
    shape = f'<path d="M2 1C22 -2 14 12 17 9L3 8.5Z" transform="{transform}" fill="url(#a)"/>'
    text = svg(other + gradient + shape, 'width="200" height="100" viewBox="0 0 20 10"')
    drawing = parse_svg(text)
    assert drawing.ignored == []
    assert psnr(draw(drawing.scene), resvg(text)) > 38
    assert psnr(draw(drawing.scene), resvg(write_svg(drawing.scene))) > 38


def test_gradients_take_their_stops_from_others() -> None:
    chain = "".join(f'<radialGradient id="g{n}" xlink:href="#g{n + 1}"/>' for n in range(3000))
    uses = "".join(f'<rect {BOX} fill="url(#g{n})"/>' for n in range(0, 3000, 100))
    drawing = parse_svg(svg(f'{chain}<linearGradient id="g3000">{STOPS}</linearGradient>{uses}'))
    assert torch.allclose(drawing.scene.fill_colours, torch.tensor([0.5, 0, 0.5, 1]))
    assert [line.split(":")[0] for line in drawing.ignored] == ["gradient, drawn in its mean colour ('url(#g0)')"]


@pytest.mark.parametrize(
    "gradient",
    [
        "",
        '<linearGradient id="a"/>',
        '<linearGradient id="a" href="#a"/>',
        '<linearGradient id="a" href="#b"/><radialGradient id="b" href="#a"/>',
        '<rect id="a"/>',
    ],
)
def test_gradients_without_stops_give_way_to_what_is_behind_them(gradient: str) -> None:
    assert parse_svg(svg(f'{gradient}<rect {BOX} fill="url(#a) lime"/>')).scene.fill_colours.tolist() == [
        [[0, 1, 0, 1]]
    ]
    assert not parse_svg(svg(f'{gradient}<rect {BOX} fill="url(#a)"/>')).scene.topology.paths
