"""The gallery in a real Chromium, from its folder and without a network."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import trimesh
from PIL import Image
from playwright.sync_api import Page, expect
from run_folders import BLUE, GREEN, RED, make_history, make_run

from limn.artefact import Artefact
from pipelines.cli.main import main
from pipelines.gallery import entry_of, read_record, write_gallery
from pipelines.report.page import STYLE
from pipelines.report.viewer import viewer
from pipelines.runs.artefacts import write_artefacts
from pipelines.runs.status import Status, write_status

COUNT = 60


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 60 runs of three pipelines, one of which failed, one of which is at work."""
    root = tmp_path_factory.mktemp("runs") / "my <b>runs"
    for number in range(COUNT - 2):
        name = ("draw", "sketch", "paint")[number % 3]
        config = {"recipe": name, "name": name, "prompt": f"frog {number}", "seed": number % 4, "steps": 10 * number}
        job = {"name": f"job {number}", "batch": f"batch {number % 2}", "fields": {"seed": number % 4}}
        folder = root / name / f"{number:02d} #a?%"
        measures = {"clip": number / 7}
        make_run(folder, config, colours=(RED, GREEN), losses=(0.9, number / 100), job=job, measures=measures)
    make_run(root / "sketch" / "broken", {"name": "sketch"}, state="failed")
    at_work = make_run(root / "sketch" / "at work", {"name": "sketch"}, state="running", colours=(BLUE,))
    write_status(at_work, Status("running", "fine", 30, 120))
    (root / "damaged").mkdir()
    (root / "damaged" / "config.yaml").write_text("a: [")
    return write_gallery([root])


@pytest.fixture
def opened(gallery: Path, page: Page) -> Page:
    page.goto(gallery.as_uri())
    expect(page.locator("article")).to_have_count(COUNT)
    return page


def names(page: Page) -> list[str]:
    return page.locator("article h3").all_text_contents()


def shows(page: Page, count: int) -> None:
    expect(page.locator("article")).to_have_count(count)


def test_it_shows_every_run_and_what_is_wrong_with_it(opened: Page) -> None:
    expect(opened.locator("h1")).to_have_text("my <b>runs")
    expect(opened.locator("#count")).to_have_text(f"{COUNT} runs")
    expect(opened.locator("[data-state=failed] .state")).to_have_text("failed: no room")
    expect(opened.locator("[data-state=running] .state")).to_have_text("fine step 30 of 120")
    expect(opened.locator("article progress").filter(visible=True)).to_have_count(1)
    opened.wait_for_function("document.querySelector('article img').naturalWidth === 48")


def test_filters_work_by_clicking(opened: Page) -> None:
    facets = opened.locator("#filters")
    facets.get_by_label("sketch").check()
    shows(opened, 19 + 2)
    facets.get_by_label("paint").check()
    shows(opened, 19 + 2 + 19)
    facets.get_by_label("batch 1").check()
    shows(opened, 19)
    expect(opened.locator("#count")).to_have_text(f"19 of {COUNT} runs")
    opened.locator("#filters summary", has_text="clip").click()
    facets.get_by_label("clip from").fill("4")
    left = len([n for n in range(COUNT - 2) if n % 3 and n % 2 and n / 7 >= 4])
    shows(opened, left)
    opened.reload()
    shows(opened, left)
    opened.get_by_role("button", name="clip: from 4").click()
    shows(opened, 19)
    opened.get_by_role("button", name="Take all back").click()
    shows(opened, COUNT)


def test_what_is_searched_for_is_found_in_all_words(opened: Page) -> None:
    opened.keyboard.press("/")
    opened.keyboard.type("FROG 7")
    shows(opened, 6)
    assert sorted(names(opened)) == ["job 17", "job 27", "job 37", "job 47", "job 57", "job 7"]
    opened.keyboard.type("x")
    expect(opened.locator("#nothing")).to_be_visible()


def test_any_field_sorts_and_groups(opened: Page) -> None:
    opened.locator("#sort").select_option("eval_loss")
    first = opened.locator("article h3").first
    expect(first).to_have_text("job 0")
    assert names(opened)[:3] == ["job 0", "job 1", "job 2"]
    opened.get_by_role("button", name="Ascending").click()
    expect(first).to_have_text("job 57")
    opened.locator("#sort").select_option("clip")
    expect(first).to_have_text("job 0")
    assert names(opened)[-2:] == ["a frog", "a frog"]  # what has no value comes last
    opened.locator("#group").select_option("seed")
    heads = opened.locator("#runs summary")
    expect(heads).to_have_text(["017", "115", "214", "314"])
    opened.locator("#group").select_option("steps")
    expect(heads).to_have_text(["0 to 20020", "200 to 40020", "400 to 60018", "—2"])


def test_chosen_runs_are_compared_by_what_differs(opened: Page) -> None:
    opened.locator("#sort").select_option("name")
    for name in ("job 0", "job 3", "job 4"):
        opened.get_by_label(f"Choose {name}", exact=True).check()
    opened.keyboard.press("c")
    expect(opened.locator("#view h2")).to_have_text("3 runs")
    rows = {row.split("\t")[0]: row.split("\t")[1:] for row in opened.locator("#table tr").all_inner_texts()}
    assert rows["seed"] == ["0", "3", "0"]
    assert rows["steps"] == ["0", "30", "40"]
    assert rows["pipeline"] == ["draw", "draw", "sketch"]
    assert not {"eval_views", "state"} & rows.keys()
    opened.get_by_label("All settings").check()
    expect(opened.locator("#table")).to_contain_text("eval_views")
    opened.get_by_label("Leave out job 4").click()
    expect(opened.locator("#figures figure")).to_have_count(2)
    with opened.expect_popup() as popup:
        opened.get_by_role("link", name="Report").first.click()
    assert popup.value.title() == "report"
    popup.value.close()
    opened.keyboard.press("Escape")
    expect(opened.locator("#view")).not_to_be_visible()


def test_the_slider_goes_through_the_history_of_several_runs(opened: Page) -> None:
    opened.evaluate("look(['draw/00 #a?%', 'sketch/at work'].map((key) => entries.get(key)))")
    told = opened.locator("#figures output")
    expect(told).to_have_text(["the end", "step 20"])
    assert [colour(opened, figure) for figure in (0, 1)] == [GREEN, BLUE]  # of the best candidate, not the first
    opened.locator("#time").press("Home")
    expect(told).to_have_text(["step 0", "step 0"])
    assert colour(opened, 0) == (255, 255, 255)
    opened.locator("#time").press("ArrowRight")
    expect(told).to_have_text(["step 10", "step 10"])
    expect(opened.locator("#step")).to_have_text("step 10")


def colour(page: Page, figure: int) -> tuple[int, ...]:
    """In the middle of the picture that a figure shows, once that is there."""
    drawn = "(shown) => !shown.hidden && (shown.naturalWidth ?? shown.width) > 0"
    sheet = page.locator("#figures figure").nth(figure).locator(".sheet")
    page.wait_for_function(
        f"(sheet) => [...sheet.querySelectorAll('img, canvas')].some({drawn})", arg=sheet.element_handle()
    )
    box = sheet.bounding_box()
    assert box is not None
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "width": 1, "height": 1}
    pixel = Image.open(io.BytesIO(page.screenshot(clip=middle))).convert("RGB").getpixel((0, 0))  # type: ignore[arg-type]
    assert isinstance(pixel, tuple)
    return pixel


def test_keys_move_from_card_to_card_and_from_run_to_run(opened: Page) -> None:
    opened.locator("#sort").select_option("eval_loss")
    expect(opened.locator("article h3").first).to_have_text("job 0")
    opened.locator("article .frame").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft", "Enter"):
        opened.keyboard.press(key)
    heading = opened.locator("#view h2")
    expect(heading).to_have_text("job 1")
    opened.keyboard.press("ArrowRight")
    expect(heading).to_have_text("job 2")


def test_runs_may_arrive_change_and_go(opened: Page, gallery: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "new", {"name": "sketch", "prompt": "a newt"}, state="running")

    def told() -> None:
        entry = entry_of(read_record(run, tmp_path), Path.as_uri, None)
        opened.evaluate(f"update({json.dumps(entry)})")

    told()
    shows(opened, COUNT + 1)
    card = opened.locator("article", has_text="a newt")
    expect(card.locator(".state")).to_have_text("running")
    card.locator(".frame").click()
    opened.locator("#view").get_by_text("step 20").wait_for()
    Image.new("RGB", (8, 8), RED).save(run / "drawing.png")
    write_artefacts(run, [Artefact(run / "drawing.png", "picture")])
    write_status(run, Status("done"))
    told()
    expect(opened.locator("#figures img")).to_have_attribute("src", (run / "drawing.png").as_uri())
    opened.keyboard.press("Escape")
    expect(card.locator(".state")).not_to_be_visible()
    opened.evaluate("remove('new')")
    shows(opened, COUNT)


def test_a_model_is_shown_by_the_viewer_of_its_report(page: Page, tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "ball", {"stages": {"first": {}}}, views=4)
    make_history(run / "stages" / "first", (RED,), (0.5,), 2, 4)
    ball = trimesh.creation.icosphere(subdivisions=2)
    ball.visual.vertex_colors = [0, 0, 255, 255]
    ball.export(run / "model.glb")
    kinds = {"drawing.png": "picture", "model.glb": "model", "report.html": "page"}
    write_artefacts(run, [Artefact(run / name, kind) for name, kind in kinds.items()])
    parts = {"style": STYLE.read_text(), "drawing": f"<img>{viewer(run / 'model.glb')}", "moments": '[{"src": ""}]'}
    report = STYLE.with_name("page.html").read_text()
    for name, content in parts.items():
        report = report.replace(f"<!--{name}-->", content)
    (run / "report.html").write_text(report)
    page.goto(write_gallery([tmp_path / "runs"]).as_uri())
    page.locator("article .frame").click()
    page.frame_locator("iframe").frame_locator("iframe").locator("canvas").wait_for()
    while colour(page, 0) in ((255, 255, 255), RED):
        page.wait_for_timeout(50)
    red, green, blue = colour(page, 0)
    assert blue > 100 > red + green
    page.get_by_role("button", name="3D").click()
    assert colour(page, 0) == RED
    page.locator("#time").press("Home")
    expect(page.locator("#figures output")).to_have_text("first step 0")


def test_the_command_writes_it_and_says_what_it_left_out(
    gallery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = gallery.parents[1]
    assert main(["gallery", str(root / "draw"), str(root / "damaged"), f"output={tmp_path / 'here'}"]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "here" / "index.html")
    assert "left out: " in told.err and "config.yaml: line 1: not valid YAML" in told.err
    assert main(["gallery", str(root / "damaged")]) == 2
    assert main(["gallery"]) == 2
    assert main(["gallery", str(root / "nowhere")]) == 2
    assert main(["gallery", str(root), "out=x"]) == 2
