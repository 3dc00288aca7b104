"""The server of a folder: who may ask for what."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from run_folders import make_run
from served import TOKEN, Client, serving

from pipelines.cli.main import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("served")
    make_run(place / "runs" / "copy" / "one")
    (place / "secret.txt").write_text("secret")
    (place / "runs" / ".hidden").write_text("secret")
    (place / "runs" / "out").symlink_to(place)
    (place / "runs" / "link.txt").symlink_to(place / "secret.txt")
    (place / "runs" / "page.html").write_text("<script>fetch('/stop')</script>")
    return place / "runs"


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with serving(folder) as client:
        yield client


def test_it_listens_on_this_machine_alone(client: Client) -> None:
    assert client.server is not None
    assert client.server.socket.getsockname()[0] == "127.0.0.1"
    with socket.socket() as other, pytest.raises(OSError, match=r"."):  # another address of this machine
        other.settimeout(1)
        other.connect((socket.gethostbyname("127.0.0.2"), client.port))


@pytest.mark.parametrize("path", ["/", "/runs", "/events", "/files/copy/one/config.yaml", "/static/live.js", "/forms"])
@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"]
)
def test_without_the_token_nothing_is_told(client: Client, path: str, token: str) -> None:
    answer = client.ask(path, Authorization=token)
    assert answer.status == 403
    assert b"one" not in answer.body


def test_the_token_of_the_address_becomes_a_cookie(client: Client) -> None:
    assert client.ask("/?token=wrong", Authorization="").status == 403
    answer = client.ask(f"/?token={TOKEN}", Authorization="")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    cookie = cookie.partition(";")[0]
    assert client.ask("/", Authorization="", Cookie=cookie).status == 200
    assert client.ask("/", Authorization="", Cookie=f"{cookie}x").status == 403
    assert client.ask(f"//example.com/?token={TOKEN}", Authorization="").status == 403


@pytest.mark.parametrize(
    "host", ["example.com", "127.0.0.1", "localhost:1", "0.0.0.0:{port}", "127.0.0.1:{port}.example.com"]
)
def test_another_name_of_the_server_is_refused(client: Client, host: str) -> None:
    """A name of somebody else can be made to mean this machine (DNS rebinding)."""
    assert client.ask("/runs", Host=host.format(port=client.port)).status == 421
    assert client.ask("/runs", Host=f"localhost:{client.port}").status == 200


def test_other_pages_can_change_nothing(client: Client) -> None:
    cookie = f"limn-{client.port}={TOKEN}"
    asked = {"run": "copy/none"}
    for origin in ("http://example.com", f"http://127.0.0.1:{client.port + 1}", "null", ""):
        assert client.ask("/stop", asked, Authorization="", Cookie=cookie, Origin=origin).status == 403, origin
    own = client.ask("/stop", asked, Authorization="", Cookie=cookie, Origin=client.address)
    assert (own.status, own.data) == (422, {"errors": {"": "no run 'copy/none'"}})


@pytest.mark.parametrize("path", ["/stop", "/resume", "/uploads"])
def test_to_look_changes_nothing(client: Client, path: str) -> None:
    assert client.ask(path).status == 405
    assert client.ask(path, method="HEAD").status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/files/../secret.txt",
        "/files/copy/../../secret.txt",
        "/files/%2e%2e/secret.txt",
        "/files/..%2fsecret.txt",
        "/files/%252e%252e/secret.txt",
        "/files/{folder}/secret.txt",
        "/files//{folder}/secret.txt",
        "/files/%2f{folder}/secret.txt",
        "/files/out/secret.txt",
        "/files/link.txt",
        "/files/copy/%00",
        "/files/page.html%00.png",
        "/files/%ff%fe",
        "/files/.hidden",
        "/files/copy",
        "/files/",
        "/files/" + "a" * 5000,
        "/files/..\\secret.txt",
        "/shipped/../pyproject.toml",
        "/shipped/..%2fpyproject.toml",
        "/static/..%2fapp.py",
        "/static/../app.py",
        "/../../../../../../etc/passwd",
    ],
)
def test_nothing_outside_the_folder_is_given_away(client: Client, folder: Path, path: str) -> None:
    answer = client.ask(path.format(folder=folder.parent))
    assert answer.status == 404
    assert b"secret" not in answer.body


def test_files_of_runs_cannot_use_the_server(client: Client) -> None:
    answer = client.ask("/files/page.html")
    assert answer.status == 200
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert "allow-same-origin" not in answer.headers["content-security-policy"]
    page = client.ask("/").headers["content-security-policy"]
    assert "default-src 'none'" in page
    assert "script-src 'self';" in page
    assert client.ask("/shipped/assets/cat.jpg").headers["x-content-type-options"] == "nosniff"


def test_a_picture_that_is_sent(client: Client, folder: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    sent = [client.ask("/uploads?name=../../my%20photo.png", content.getvalue()).data["file"] for _ in range(2)]
    assert sent == ["uploads/my-photo.png", "uploads/my-photo-2.png"]
    assert (folder / sent[1]).read_bytes() == content.getvalue()
    assert list(client.ask("/choices").data)[:2] == ["uploads/my-photo-2.png", "uploads/my-photo.png"]
    for name, body in [
        ("a.py", content.getvalue()),
        ("a.png", b"no picture"),
        ("", content.getvalue()),
        ("%00.png", b""),
    ]:
        answer = client.ask(f"/uploads?name={name}", body)
        assert answer.status == 422, name
        assert answer.data["errors"][""]
    assert client.ask("/uploads?name=a.png", b"\0" * (33 << 20)).status == 413
    assert sorted(file.name for file in (folder / "uploads").iterdir()) == ["my-photo-2.png", "my-photo.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "serve takes a folder of runs"),
        (["nowhere"], "serve: no folder 'nowhere'"),
        ([".", "port=99999"], "serve: port: expected a number from 0 to 65535, got 99999"),
        ([".", "token=short"], "serve: token: expected at least 16 letters, digits, - and _"),
        ([".", "prot=1"], "serve: unknown option 'prot'; did you mean 'port'?"),
    ],
)
def test_what_the_command_refuses(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_port_that_is_taken(client: Client, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(folder), f"port={client.port}"]) == 2
    assert f"port {client.port}: Address already in use" in capsys.readouterr().err
