"""Strangers are turned away before anything is read: other hosts, other sites, no token."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clickwright.agents.tiny import BASE_DIR
from clickwright.cli_view import decoder
from clickwright.errors import ConfigError
from clickwright.trajectories.viewer.serve import listen

LABEL = {
    "id": "id-of-label-1",
    "at": {"episode": "group-a-0", "t": 0},
    "kind": "label",
    "value": "good",
    "author": "eve",
}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "10.0.0.1:{port}",
        "",
        "localhost.evil:{port}",
    ],
)
def test_a_wrong_host_is_refused(viewer: Any, host: str) -> None:
    answer = viewer.ask("/api/run", headers={"host": host.format(port=viewer.port)})
    assert answer.status in (400, 403)
    assert b"group" not in answer.body


def test_the_names_of_this_machine_are_let_in(viewer: Any) -> None:
    for host in (f"localhost:{viewer.port}", f"127.0.0.1:{viewer.port}"):
        assert viewer.ask("/api/run", headers={"host": host}).status == 200


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
                                     {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_site_is_refused_even_with_the_token(viewer: Any, headers: dict[str, str], method: str) -> None:
    path = "/api/run" if method == "GET" else "/api/annotations"
    answer = viewer.ask(path, method=method, body=LABEL if method == "POST" else None, headers=headers)
    assert answer.status == 403
    assert not (viewer.run / "annotations.sqlite").exists()


@pytest.mark.parametrize(
    "path", ["/", "/static/main.js", "/api/run", "/api/episode?id=group-a-0", "/api/live", "/api/x"]
)
def test_nothing_is_said_without_the_token(viewer: Any, path: str) -> None:
    for token in (None, "wrong", "a-token-of-the-test"):
        assert viewer.ask(path, token=token).status == 401
    cookie = {"cookie": f"clickwright-view-{viewer.port}=wrong"}
    assert viewer.ask(path, token=None, headers=cookie).status == 401


def test_the_token_in_the_address_becomes_a_strict_cookie(viewer: Any) -> None:
    answer = viewer.ask("/?token=a-token-of-the-tests", token=None)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    carried = {"cookie": cookie.split(";")[0]}
    assert viewer.ask("/api/run", token=None, headers=carried).status == 200
    assert viewer.ask("/api/run?token=a-token-of-the-tests", token=None).status == 401, (
        "only the first address carries it"
    )


def test_every_answer_carries_the_policy(viewer: Any) -> None:
    for path, token in (
        ("/", "a-token-of-the-tests"),
        ("/", None),
        ("/api/run", "a-token-of-the-tests"),
        ("/nowhere", None),
    ):
        headers = viewer.ask(path, token=token).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_only_json_is_taken(viewer: Any) -> None:
    answer = viewer.ask("/api/annotations", method="POST", body=LABEL, headers={"content-type": "text/plain"})
    assert answer.status == 400
    assert viewer.ask("/api/annotations", method="DELETE").status == 405


def test_static_files_stay_in_their_folder(viewer: Any) -> None:
    assert viewer.ask("/static/main.js").status == 200
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/..%2fapp.py"):
        assert viewer.ask(path).status == 404


def test_a_port_in_use_is_told() -> None:
    first = listen(0)
    port = first.getsockname()[1]
    with pytest.raises(ConfigError, match=f"port {port} is in use.*--port"):
        listen(port)
    first.close()


def test_the_command_serves_until_it_is_interrupted(run: Path) -> None:
    command = [sys.executable, "-m", "clickwright", "view", str(run), "--port", "0", "--author", "ann"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as viewer:
        assert viewer.stdout is not None
        address = viewer.stdout.readline().strip()
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{30,})", address)
        assert found, address
        second = subprocess.run([*command[:-3], found[1]], capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert "is in use" in second.stderr
        os.kill(viewer.pid, signal.SIGINT)
        assert viewer.wait() in (0, 130, -signal.SIGINT)


@pytest.mark.parametrize(
    ("arguments", "complaint"), [(["{run}-missing"], "unknown run"), (["{run}", "--port", "70000"], "0 to 65535")]
)
def test_the_command_refuses_what_it_cannot_serve(run: Path, arguments: list[str], complaint: str) -> None:
    command = [sys.executable, "-m", "clickwright", "view", *(part.format(run=run) for part in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr


def rubbish(file: Path) -> None:
    file.write_bytes(b"not a database" * 500)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:3000])


def of_tomorrow(file: Path) -> None:
    with closing(sqlite3.connect(file)) as store, store:
        store.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")


@pytest.mark.parametrize(
    ("harm", "complaint"), [(rubbish, "doctor"), (cut_short, "doctor"), (of_tomorrow, "has schema version '99'")]
)
def test_the_command_says_what_is_wrong_with_a_store(run: Path, harm: Callable[[Path], None], complaint: str) -> None:
    harm(run / "episodes.sqlite")
    before = (run / "episodes.sqlite").read_bytes()
    command = [sys.executable, "-m", "clickwright", "view", str(run), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert (run / "episodes.sqlite").read_bytes() == before


def test_tokens_become_text_with_the_tokenizer_of_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tokenizers")
    assert decoder(tmp_path) is None
    start = tmp_path / "models" / "start"
    start.mkdir(parents=True)
    (start / "tokenizer.json").write_bytes((BASE_DIR / "tokenizer.json").read_bytes())
    decode = decoder(tmp_path)
    assert decode is not None
    assert len(decode([3, 40, 41])) == 3
    assert all(isinstance(piece, str) for piece in decode(range(60)))
    (start / "tokenizer.json").write_text("{}")
    assert decoder(tmp_path) is None
    assert "shown as numbers" in capsys.readouterr().out
