"""YAML, paths, names and overrides that nobody can read: one line, at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from limn.errors import InputError
from pipelines.cli.main import main
from pipelines.config.reading import read_config
from pipelines.config.yaml import dump_yaml, parse_value, parse_yaml

Write = Callable[[Any], Path]
ROOT = Path(__file__).parents[2]


def bomb(first: str, item: str) -> str:
    """Ten aliases of ten aliases of ten aliases..."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} {item.format(', '.join([f'*a{n - 1}'] * 10))}" for n in range(1, 12)]
    return "\n".join(lines)


REFUSED = {
    "an integer of letters": ("a: !!int abc", "line 1: not valid YAML: expected int, got 'abc'"),
    "an integer of nothing": ("a: !!int ''", "line 1: not valid YAML: expected int, got ''"),
    "a number of letters": ("a: 1\nb: !!float x", "line 2: not valid YAML: expected float, got 'x'"),
    "a truth value of letters": ("a: !!bool x", "line 1: not valid YAML: expected bool, got 'x'"),
    "a mapping of letters": ("a: !!map x", "line 1: not valid YAML: what is written here is no map"),
    "an integer of a mapping": ("a: !!int {b: 1}", "line 1: not valid YAML: what is written here is no int"),
    "a date": ("a: !!timestamp x", "line 1: not valid YAML: the tag 'tag:yaml.org,2002:timestamp' is not known here"),
    "a set": ("a: !!set {x}", "line 1: not valid YAML: the tag 'tag:yaml.org,2002:set' is not known here"),
    "bytes": ("a: !!binary x", "line 1: not valid YAML: the tag 'tag:yaml.org,2002:binary' is not known here"),
    "5,000 digits": ("a: " + "9" * 5000, "line 1: not valid YAML: expected int, got '99999"),
    "5,000 hexadecimal digits": ("a: 0x" + "f" * 5000, "line 1: an integer beyond 64 bits: '0xfff"),
    "500 mappings": (
        "a: " + "{a: " * 500 + "1" + "}" * 500,
        "line 1: more than 32 mappings or lists lie in each other",
    ),
    "500 lists": ("a: " + "[" * 500, "line 1: more than 32 mappings or lists lie in each other"),
    "500 aliases": (
        "a0: &a0 [1]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 500)),
        "line 33: more than 32 mappings or lists lie in each other",
    ),
    "a list in itself": ("a: &x [*x]", "line 1: an alias may not stand for what it lies in"),
    "lists of lists of lists": (
        bomb("[x, x]", "[{}]"),
        "line 6: what is written here stands for more than 100,000 values",
    ),
    "mappings merged again and again": (
        bomb("{k: v}", "{{<<: [{}]}}"),
        "line 6: what is written here stands for more than 100,000 values",
    ),
    "a list as key": ("? [1]\n: 2", "line 1: a key must be a name, got [1]"),
    "a zero byte": ("a: \0", "not valid YAML: unacceptable character #x0000"),
    "two documents": ("a: 1\n---\nb: 2", "line 2: not valid YAML: but found another document"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_short_line(name: str) -> None:
    text, message = REFUSED[name]
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        parse_yaml(text)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 200
    assert time.process_time() - began < 5  # it took 40 s, and hours at one level more


def test_what_looks_like_a_date_or_a_time_is_text_and_numbers_are_numbers() -> None:
    text = "[2026-13-45, 2026-01-02, 12:30, 1e3, -2.5E-1, 1_000, 0x10, .inf, 1., =, 'yes', 09]"
    wanted = ["2026-13-45", "2026-01-02", "12:30", 1000.0, -0.25, 1000, 16, float("inf"), 1.0, "=", "yes", "09"]
    assert parse_yaml(text) == wanted


@pytest.mark.parametrize("text", ["1e3", "2026-01-02", "12:30", "=", "null", "a: b", "#", "- x", "", "0x10", "é\u2028"])
def test_text_reads_back_as_text(text: str) -> None:
    class Words(BaseModel):
        words: str

    assert parse_yaml(dump_yaml(Words(words=text))) == {"words": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("red #2", "red #2"),
        ("#red", "#red"),
        ("3", 3),
        ("3 # three", "3 # three"),
        ("'a # b'", "a # b"),
        ("[1, 2]", [1, 2]),
        ("", None),
        ("null", None),
    ],
)
def test_a_sharp_in_a_value_of_the_command_line_is_no_comment(text: str, value: object) -> None:
    assert parse_value(text) == value


def test_nothing_may_follow_a_list() -> None:
    with pytest.raises(InputError, match="nothing may follow the value, got '# two'"):
        parse_value("[1, 2] # two")


@pytest.fixture
def said(write_config: Write, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What is said of a config, behind "limn: " and the name of its file."""

    def call(content: Any, *overrides: str) -> str:
        config = write_config(content)
        assert main([str(config), *overrides]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line.removeprefix("limn: ").removeprefix(f"{config}: ")

    return call


LONG = "x" * 300

PLACES = {
    "a user who is not here": (
        {"target": "~nosuchuser/x.png"},
        "target: ~nosuchuser/x.png: there is no user 'nosuchuser'",
    ),
    "output of one": ({"output": "~nosuchuser/x"}, "output: ~nosuchuser/x: there is no user 'nosuchuser'"),
    "modules of one": ({"import_from": ["~nosuchuser/x"]}, "import_from.0: ~nosuchuser/x: there is no user"),
    "a name that is too long": ({"target": f"{LONG}.png"}, f"target: cannot read {LONG}"),
    "a folder that is too long": ({"name": LONG}, "name: expected a name of at most 200 bytes, got 300"),
    "a run that is too long": ({"run": "é" * 150}, "run: expected a name of at most 200 bytes, got 300"),
    "a folder": ({"target": "/"}, "target: expected a file, got the folder /"),
    "a device": ({"target": "/dev/zero"}, "target: expected a file, got a device: /dev/zero"),
    "a number": ({"target": 3}, "target: expected a path, got 3"),
    "nothing": ({"target": None}, "target: expected a path, got None"),
    "half of a character": ({"target": "\ud800"}, "target: expected a path, got '\\ud800'"),
    "half of a character in text": (
        {"encoder": "a\ud800"},
        "encoder: expected text, got half of a character: 'a\\ud800'",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_paths_and_names(name: str, settings: dict[str, Any]) -> None:
    changes, message = PLACES[name]
    with pytest.raises(InputError) as caught:
        read_config(settings | changes)
    assert str(caught.value).startswith(f"config: {message}")
    assert len(str(caught.value)) < 600


def test_a_path_that_the_system_refuses(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for key, message in {"target": "cannot read", "output": "cannot write"}.items():
        with pytest.raises(InputError, match=f"{key}: {message} .*loop"):
            read_config(settings | {key: str(tmp_path / "loop" / "x.png")})


def test_a_run_that_needs_more_memory_than_there_is(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 1_000_000, "SC_PAGE_SIZE": 4096}.get)
    large = {"size": 4096, "best_of": 16}
    wanted = "16 pictures of 4096 x 4096 pixels at once, .* need 4 GB at least; this machine has 4 GB"
    with pytest.raises(InputError, match=wanted):
        read_config(settings | large)
    assert read_config(settings | large | {"best_of": 15}).best_of == 15
    assert read_config(settings | large, finished=True).best_of == 16
    for recipe, changes in {"stylise_mesh": {"eval_views": 64}, "fit_mesh": {"views": 100}}.items():
        with pytest.raises(InputError, match=r"(64|100) pictures of 4096 x 4096 pixels at once"):
            read_config(ROOT / "configs" / f"{recipe}.yaml", (large | {"best_of": 1} | changes).items())


VALUES = {
    "a truth value for a number": ({"steps": True}, "steps: expected an integer, got True"),
    "text for a number": ({"steps": "3"}, "steps: expected an integer, got '3'"),
    "a number for a truth value": (
        {"losses": {"near": {"loss": "text_similarity", "together": 1}}},
        "losses.near: together: expected a boolean, got 1",
    ),
    "a date for a number": ({"seed": "2026-13-45"}, "seed: expected an integer, got '2026-13-45'"),
    "no number": ({"video": {"seconds": float("nan")}}, "video.seconds: expected a finite number, got nan"),
    "a negative rate": (
        {"learning_rates": {"colours": -1}},
        "learning_rates.colours: expected a number from 0 to 1000, got -1",
    ),
    "a rate that falls below zero": (
        {"learning_rates": {"colours": {"from": 1, "to": -1}}},
        "learning_rates.colours: expected a number from 0 to 1000, got -1",
    ),
    "a weight without end": (
        {"losses": {"near": {"loss": "pixels:Near", "weight": float("inf")}}},
        "losses.near: weight: ",
    ),
    "a time after the end": (
        {"losses": {"near": {"loss": "distillation", "t_max": 1.5}}},
        "losses.near: t_max: expected a number from 0 to 1, got 1.5",
    ),
    "no samples": (
        {"losses": {"near": {"loss": "distillation", "samples": 0}}},
        "losses.near: samples: expected greater than or equal to 1, got 0",
    ),
    "a variant that is none": (
        {"losses": {"near": {"loss": "distillation", "variant": "isn"}}},
        "losses.near: variant: unknown variant 'isn'; did you mean 'ism'?",
    ),
    "a crop of nothing": ({"augment": [{"crop": []}]}, "augment: crop: scale: "),
    "an unknown key where one may stand for a list": (
        {"prune": {"zz": 1}},
        "prune: unknown key 'zz'; known: at, by, keep",
    ),
    "a recipe that is a list": ({"recipe": ["sketch"]}, "recipe: expected a name, got ['sketch']"),
    "a key without end": ({LONG: 1}, f"unknown key '{'x' * 27}...{'x' * 28}'; known: "),
    "a value without end": (
        {"steps": ["x"] * 10**6},
        "steps: expected an integer, got ['x', 'x', 'x', 'x', 'x', 'x', ...]",
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str, settings: dict[str, Any]) -> None:
    changes, message = VALUES[name]
    with pytest.raises(InputError) as caught:
        read_config(settings | changes)
    assert str(caught.value).startswith(f"config: {message}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"losses": {}}, "losses is empty; expected one at least, like losses: {near: {loss: pixels}}"),
        ({"losses": {"near": {"loss": "pixels:Near", "weight": 0}}}, "losses: every weight is 0"),
    ],
)
def test_losses_that_ask_for_nothing(
    changes: dict[str, Any], message: str, settings: dict[str, Any], said: Callable[..., str]
) -> None:
    assert said(settings | changes) == message
    assert not Path(settings["output"]).exists()


def test_settings_of_a_prior_are_checked(settings: dict[str, Any], said: Callable[..., str]) -> None:
    term = {"loss": "distillation", "prompt": "a cat", "prior": "exemplars"}
    prior = "losses.own: prior 'exemplars'"
    for options, message in {
        "{look: nope}": f"{prior}: look: expected 'plain', 'silhouette' or 'texture', got 'nope'",
        "{side: .nan}": "losses.own: prior_options.side: expected a finite number, got nan",
        "{side: 1000000}": f"{prior}: side: expected less than or equal to 256, got 1000000",
        "{scales: []}": f"{prior}: scales: expected more values, got []",
    }.items():
        assert said(settings | {"losses": {"own": term}}, f"losses.own.prior_options={options}") == message


def test_a_config_whose_file_name_is_no_folder_name(settings: dict[str, Any], tmp_path: Path) -> None:
    del settings["name"]
    for stem, name in {
        "my config": "my-config",
        "  ": "pixels",
        "..a": "a",
        "x" * 200: "x" * 60,
        "né:1": "né-1",
    }.items():
        file = tmp_path / f"{stem}.yaml"
        file.write_text(repr(settings))
        assert read_config(file).name == name
