from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from limn.errors import InputError
from pipelines import execute, read_config
from pipelines.batch.mirror import MANIFEST, Manifest, Mirror, mirrored
from pipelines.batch.storage import Storage
from pipelines.config.yaml import dump_yaml
from pipelines.loop.checkpoint import INDEX
from pipelines.runs.status import read_status


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of a local S3 server; one for all, since fsspec keeps its connections."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in keys.items():
            patch.setenv(f"AWS_{name}", value)
        Storage("s3://bucket").files.mkdir("bucket")
        yield "s3://bucket"
    server.stop()


@pytest.fixture
def fresh(settings: dict[str, Any], tmp_path: Path) -> Callable[..., Path]:
    """Makes the folder of a run on some machine; the config in it is always the same text."""

    def make(machine: str, **changes: Any) -> Path:
        folder = tmp_path / machine / "job"
        folder.mkdir(parents=True)
        text = dump_yaml(read_config(settings | {"threads": 1, **changes}))
        (folder / "config.yaml").write_text(text)
        return folder

    return make


def content(folder: Path) -> dict[str, bytes]:
    """What two runs must have in common."""
    kinds = (".svg", ".png", ".webp", ".safetensors")
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.suffix in kinds}


def manifest(storage: Storage) -> Manifest:
    found = storage.read(f"job/{MANIFEST}")
    assert found is not None
    return Manifest.model_validate_json(found)


def stopped(folder: Path, url: str) -> None:
    """Mirrors a run whose config stops it on the way."""
    with mirrored(folder, url, seconds=0.01):
        execute(folder)
    assert read_status(folder).state == "interrupted"


STOP = {"near": {"loss": "pixels:Near", "noise": 0.05}, "stop": {"loss": "pixels:Interruption", "at": 12}}


@pytest.mark.parametrize("scheme", ["memory", "s3"])
def test_a_run_goes_on_elsewhere_from_its_newest_checkpoint(
    scheme: str, fresh: Callable[..., Path], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = "memory://storage" if scheme == "memory" else request.getfixturevalue("bucket")
    url = f"{place}/{tmp_path.name}"
    stopped(fresh("here", losses=STOP), url)
    there = fresh("there", losses=STOP)
    with mirrored(there, url):
        assert json.loads((there / "checkpoint" / INDEX).read_text())["numbers"]["index"] == 13
        execute(there)
    whole = fresh("whole", losses=STOP)
    execute(whole)
    execute(whole)
    assert content(there) == content(whole)
    assert len((there / "metrics.jsonl").read_text().splitlines()) == 25
    # The results lie under their own names, the state on the way is gone.
    storage = Storage(url)
    found = {path.removeprefix(f"{storage.root}/job/") for path in storage.files.find(f"{storage.root}/job")}
    assert found == {*manifest(storage).files, MANIFEST} >= {"drawing.svg", "status.json", "config.yaml"}
    assert storage.read("job/drawing.svg") == (whole / "drawing.svg").read_bytes()
    # Done is done, wherever it is asked for.
    third = fresh("third", losses=STOP)
    with mirrored(third, url):
        assert read_status(third).state == "done"
        execute(third)
    assert content(third) == content(whole)


def test_a_run_goes_on_from_whatever_a_machine_left_that_went_away(
    fresh: Callable[..., Path], settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = settings["losses"] | {"slow": {"loss": "pixels:Slow", "seconds": 0.01}}
    whole = fresh("whole", losses=losses)
    storage = Storage(f"memory://{tmp_path.name}")
    moments: list[dict[str, bytes]] = []

    def noted(name: str) -> Callable[..., None]:
        deed = getattr(storage.files, name)

        def then_look(*arguments: Any, **options: Any) -> None:
            deed(*arguments, **options)
            moments.append({path: file.getvalue() for path, file in list(storage.files.store.items())})

        return then_look

    with monkeypatch.context() as patch:
        for name in ("pipe_file", "mv", "rm"):
            patch.setattr(storage.files, name, noted(name))
        with mirrored(whole, storage.url, seconds=0.01):
            execute(whole)
    assert len(moments) > 40
    steps = set()
    for number, moment in enumerate(random.sample(moments, 5)):
        left = Storage(f"memory://{tmp_path.name}-{number}")
        for path, kept in moment.items():
            left.write(path.removeprefix(f"{storage.root}/"), kept)
        there = fresh(f"there-{number}", losses=losses)
        with mirrored(there, left.url):
            index = there / "checkpoint" / INDEX
            steps.add(json.loads(index.read_text())["numbers"]["index"] if index.exists() else 0)
            execute(there)
        assert content(there) == content(whole)
    assert steps <= {0, 5, 10, 15, 20, 24}


@pytest.fixture
def two_states(fresh: Callable[..., Path], tmp_path: Path) -> tuple[Mirror, Mirror]:
    """A run with an older state in storage, and a newer one in its folder."""
    url = f"memory://{tmp_path.name}"
    folder = fresh("here", losses=STOP)
    stopped(folder, url)
    execute(folder)
    here = Mirror(Storage(url), "job", folder)
    here.fetch()
    return here, Mirror(Storage(url), "job", fresh("there", losses=STOP))


def test_what_was_copied_by_half_is_not_taken_for_whole(
    two_states: tuple[Mirror, Mirror], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two_states
    files, left = here.storage.files, 3

    def until_the_line_breaks(path: str, content: bytes) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError("the line broke")
        type(files).pipe_file(files, path, content)

    for deed in (here.push, here.publish):
        left = 3
        with monkeypatch.context() as patch, pytest.raises(InputError, match=r"memory://.*OSError: the line broke"):
            patch.setattr(files, "pipe_file", until_the_line_breaks)
            deed()
    there.fetch()
    assert read_status(there.folder).state == "interrupted"
    assert json.loads((there.folder / "checkpoint" / INDEX).read_text())["numbers"]["index"] == 13
    execute(there.folder)
    assert content(there.folder) == content(here.folder)


def test_one_that_was_given_up_writes_no_more_but_may_be_done_first(two_states: tuple[Mirror, Mirror]) -> None:
    here, there = two_states
    there.fetch()
    before = manifest(here.storage)
    assert before.writer == there.writer
    here.push()
    assert manifest(here.storage) == before
    here.publish()
    done = manifest(here.storage)
    assert (done.done, done.writer) == (True, here.writer)
    there.push()
    there.publish()
    assert manifest(here.storage) == done


@pytest.mark.parametrize("path", [f"checkpoint/{INDEX}", MANIFEST])
def test_what_is_damaged_counts_as_not_there(
    path: str, two_states: tuple[Mirror, Mirror], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = two_states
    at = MANIFEST if path == MANIFEST else manifest(here.storage).files[path].at
    here.storage.write(f"job/{at}", b"{")
    there.fetch()
    assert f"{path} is damaged; the run starts again" in caplog.text
    assert not (there.folder / "checkpoint").exists()
    execute(there.folder)  # stops as the other one did
    execute(there.folder)
    assert content(there.folder) == content(here.folder)


def test_nothing_is_written_outside_the_folder(two_states: tuple[Mirror, Mirror], tmp_path: Path) -> None:
    here, there = two_states
    stored = manifest(here.storage)
    stored.files["../../outside"] = stored.files[f"checkpoint/{INDEX}"]
    here.storage.write(f"job/{MANIFEST}", stored.model_dump_json().encode())
    there.fetch()
    assert not (tmp_path / "outside").exists()


def test_the_folder_that_was_mirrored_last_stays_as_it_is(two_states: tuple[Mirror, Mirror]) -> None:
    here, _ = two_states
    (here.folder / "status.json").unlink()  # so that it is not done
    here.push()
    (here.folder / "checkpoint" / INDEX).write_text("newer than what storage has")
    Mirror(here.storage, "job", here.folder).fetch()
    assert (here.folder / "checkpoint" / INDEX).read_text() == "newer than what storage has"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s4://bucket", "s4://bucket: .*[Pp]rotocol"),
        ("s3://nothing/batch", "s3://nothing/batch: .*bucket does not exist"),
    ],
)
def test_storage_that_is_not_there_is_named(url: str, message: str, bucket: str, fresh: Callable[..., Path]) -> None:
    folder = fresh("here")
    with pytest.raises(InputError, match=message), mirrored(folder, url):
        execute(folder)
    assert not (folder / "checkpoint").exists()
