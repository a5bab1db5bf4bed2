"""What the server answers, asked as any program would."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clickwright.envs.surface import Frame
from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.store import StoreWriter
from tests.trajectories.viewer.conftest import SIZE, picture


def found(viewer: Any, query: str, **params: Any) -> list[str]:
    return [head["id"] for head in viewer.get("episodes", q=query, limit=200, **params)["episodes"]]


def label(value: str = "good", *, episode: str = "group-a-0", t: int | None = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{value}-{episode}-{t}-{more.get('author', '')}", "at": {"episode": episode, "t": t, "other": None},
        "kind": "label", "value": value, "author": "ann", **more,
    }  # fmt: skip


def test_the_run_tells_what_it_is(viewer: Any) -> None:
    run = viewer.get("run")
    assert (run["name"], run["recipe"], run["author"]) == ("demo-run", "demo", "ann")
    assert (run["num_episodes"], run["num_groups"], run["live"], run["has_metrics"]) == (18, 1, False, True)
    assert [layer["name"] for layer in run["layers"]] == ["advantage", "advantage.episode", "advantage.step", "replay"]


def test_queries_find_what_they_say(viewer: Any) -> None:
    assert found(viewer, "split:eval success:true") == [f"plain-{i:02d}" for i in (11, 9, 7, 5, 3, 1)]
    assert found(viewer, "task:click-* seed>=108", order="oldest") == ["plain-08", "plain-10", "plain-11"]
    assert found(viewer, "replay:diverged") == ["group-a-0"]
    assert found(viewer, "replay:d*,identical") == ["group-a-1", "group-a-0"]
    assert found(viewer, "adv>0.9") == ["group-a-1"]
    assert found(viewer, "has:branch") == ["branch"]
    assert found(viewer, "has:error") == ["group-a-2"]
    assert found(viewer, "group:group-a -success:true") == ["group-a-2", "group-a-0"]
    assert found(viewer, '"word number 7"') == ["plain-07"]
    assert found(viewer, "word -number") == []
    assert found(viewer, "outcome:success split:train") == ["group-a-1"]
    assert len(found(viewer, "")) == 18


def test_labels_can_be_asked_for(viewer: Any) -> None:
    viewer.post("annotations", label("bad"))
    viewer.post("annotations", label() | {"id": "tag-00001", "kind": "tag", "value": "loop"})
    viewer.post("annotations", label(t=None, episode="plain-03") | {"kind": "rating", "value": 4})
    assert found(viewer, "label:bad") == found(viewer, "tag:loop") == ["group-a-0"]
    assert found(viewer, "rating>3") == ["plain-03"]
    assert found(viewer, "annotated:me") == ["plain-03", "group-a-0"]
    assert len(found(viewer, "unlabelled:me")) == 16
    assert len(found(viewer, "-unlabelled:me")) == 2
    assert len(found(viewer, "unlabelled:bob")) == 18


@pytest.mark.parametrize("order", ["newest", "oldest", "best", "worst", "longest", "shortest"])
def test_pages_follow_each_other_without_gaps(viewer: Any, order: str) -> None:
    whole = found(viewer, "", order=order)
    pages: list[str] = []
    after = ""
    while after is not None:
        page = viewer.get("episodes", order=order, after=after, limit=5)
        pages += [head["id"] for head in page["episodes"]]
        after = page["next"]
    assert pages == whole
    assert len(set(pages)) == 18


def test_facets_count_what_matches(viewer: Any) -> None:
    counted = viewer.get("facets", q="split:eval")
    assert counted["total"] == 12
    assert dict(counted["facets"]["outcome"]) == {"success": 6, "failure": 6}
    assert dict(counted["facets"]["task"]) == {"login": 4, "click-a": 4, "click-b": 4}


def test_an_episode_has_everything_that_is_shown(viewer: Any) -> None:
    data = viewer.get("episode", id="group-a-1")
    step = data["steps"][2]
    assert (step["line"], step["reward"], step["layers"]["advantage"]) == ('click "Cancel" [2]', 1.0, 1.0)
    assert [token["text"] for token in step["tokens"]] == ["click", ' "Save"', "<end>"]
    assert step["elements"][1]["name"] == "Cancel"
    assert data["sizes"][step["frame"]] == [320, 240]
    assert data["layers"] == {"replay": "identical"}
    prompt = viewer.get("prompt", id="group-a-1", t=0)
    assert "".join(prompt["pieces"]) == "Goal: press save"


def test_a_branch_shows_the_steps_and_the_credit_that_it_shares(viewer: Any) -> None:
    data = viewer.get("episode", id="branch")
    assert [step["t"] for step in data["steps"]] == [0, 1, 2]
    assert data["head"]["parent"] == {"episode_id": "group-a-0", "t": 2, "kind": "whatif"}
    assert [step["layers"].get("advantage") for step in data["steps"]] == [-0.5, -0.5, None]


def test_a_group_and_a_comparison(viewer: Any) -> None:
    (listed,) = viewer.get("groups")["groups"]
    assert (listed["id"], listed["successes"], listed["size"]) == ("group-a", [False, True, False], 3)
    group = viewer.get("group", id="group-a")
    assert [member["head"]["member"] for member in group["members"]] == [0, 1, 2]
    assert group["members"][1]["steps"][0]["layers"]["advantage.step"] == 0.5
    both = viewer.get("compare", a="group-a-0", b="group-a-1")
    assert both["shared_t"] == 0
    assert [0, 0] in both["meeting"]


def test_the_difference_of_two_frames_is_told_in_tiles(viewer: Any) -> None:
    steps = viewer.get("episode", id="group-a-0")["steps"]
    found = viewer.get("difference", a=steps[0]["frame"], b=steps[1]["frame"])
    # The bar grew from x 20 to 80, y 10 to 30: tiles 0 to 2 of the first row.
    assert [tile[:2] for tile in found["tiles"]] == [[0, 0], [1, 0], [2, 0]]
    assert viewer.get("difference", a=steps[0]["frame"], b=steps[0]["frame"])["tiles"] == []


def test_frames_and_small_pictures(viewer: Any) -> None:
    sha256 = viewer.get("episode", id="group-a-0")["steps"][0]["frame"]
    whole = viewer.ask(f"/api/frames/{sha256}")
    small = viewer.ask(f"/api/frames/{sha256}", size="small")
    assert whole.headers["content-type"] == "image/png"
    assert whole.body[:8] == small.body[:8] == b"\x89PNG\r\n\x1a\n"
    assert Image.open(io.BytesIO(whole.body)).size == (320, 240)
    assert Image.open(io.BytesIO(small.body)).size == (200, 150)
    assert viewer.ask("/api/frames/" + "0" * 64).status == 404
    assert viewer.ask("/api/frames/..%2f..%2fpasswd").status == 404


def test_a_picture_that_was_recorded_cut_short_is_an_error_of_its_own(viewer: Any, make_episode: Any) -> None:
    whole = picture(1, 1)
    png = whole.png[:150]
    cut = Frame(png=png, sha256=hashlib.sha256(png).hexdigest(), width_px=SIZE[0], height_px=SIZE[1])
    episode = make_episode("cut")
    steps = tuple(replace(step, frame_sha256=cut.sha256) for step in episode.steps)
    with StoreWriter(viewer.run) as writer:
        writer.add(replace(episode, steps=steps), frames=[cut])
    good = viewer.get("episode", id="group-a-0")["steps"][0]["frame"]
    for path, params in (
        (f"/api/frames/{cut.sha256}", {"size": "small"}),
        ("/api/difference", {"a": cut.sha256, "b": good}),
    ):
        answer = viewer.ask(path, **params)
        assert answer.status == 500
        assert "cannot be decoded" in answer.json["error"]
    assert viewer.get("episode", id="cut")["steps"][0]["frame"] == cut.sha256
    assert viewer.ask(f"/api/frames/{good}", size="small").status == 200


def test_metrics_come_from_a_line_on(viewer: Any) -> None:
    answer = viewer.get("metrics", start=1)
    assert [row["iteration"] for row in answer["rows"]] == [2, 3]
    assert answer["total"] == 3


def test_a_label_is_stored_once_and_undone(viewer: Any) -> None:
    first = viewer.post("annotations", label())
    assert viewer.post("annotations", label()) == first
    viewer.post("annotations", label("bad"))
    (said,) = viewer.get("episode", id="group-a-0")["said"]
    assert said["value"] == "bad"
    viewer.post("undo", {"author": "ann", "id": "undo-00000001"})
    viewer.post("undo", {"author": "ann", "id": "undo-00000001"})
    (said,) = viewer.get("episode", id="group-a-0")["said"]
    assert said["value"] == "good"
    with AnnotationBook(viewer.run) as book:
        assert book.last_row() == 3


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (label("splendid"), "good"),
        (label(episode="nobody"), "unknown episode"),
        (label(t=3), "3 steps"),
        (label(kind="applause"), "kind"),
        ([1, 2], "annotation"),
        ({}, "at"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "JSON"),
        (b'"' + b"x" * 300_000 + b'"', "bytes"),
    ],
)
def test_a_bad_annotation_is_refused_with_a_reason(viewer: Any, body: object, complaint: str) -> None:
    answer = viewer.ask("/api/annotations", method="POST", body=body)
    assert answer.status in (400, 404)
    assert complaint in answer.json["error"]
    with AnnotationBook(viewer.run) as book:
        assert book.last_row() == 0


@pytest.mark.parametrize(
    ("name", "params", "status", "complaint"),
    [
        ("episodes", {"q": "colour:red"}, 400, "unknown key"),
        ("episodes", {"q": "'; DROP TABLE episodes; --"}, 200, ""),
        ("episodes", {"q": '" OR "1'}, 400, "cannot read the query"),
        ("episodes", {"q": "task:[a-"}, 200, ""),
        ("episodes", {"order": "random()"}, 400, "unknown order"),
        ("episodes", {"after": "1; DELETE"}, 400, "place in the list"),
        ("episodes", {"after": "[1e999, 2]"}, 200, ""),
        ("episodes", {"after": '[1, "x"]'}, 400, "place in the list"),
        ("episodes", {"limit": "100000"}, 400, "whole number from 1 to 200"),
        ("episodes", {"limit": "ten"}, 400, "whole number"),
        ("episode", {}, 400, "'id' is missing"),
        ("episode", {"id": "nobody"}, 404, "unknown episode 'nobody'"),
        ("prompt", {"id": "branch", "t": "-1"}, 400, "whole number"),
        ("prompt", {"id": "branch", "t": "99"}, 404, "unknown step"),
        ("group", {"id": ""}, 404, "unknown group"),
        ("groups", {"q": "score>3"}, 400, "cannot be filtered by score"),
        ("compare", {"a": "branch", "b": "branch"}, 400, "with itself"),
        ("queue", {"name": "everything"}, 400, "unknown queue"),
        ("difference", {"a": "x", "b": "y"}, 404, "unknown frame"),
        ("secrets", {}, 404, "unknown address"),
    ],
)
def test_bad_addresses_get_a_clear_answer(
    viewer: Any, name: str, params: dict[str, str], status: int, complaint: str
) -> None:
    answer = viewer.ask(f"/api/{name}", **params)
    assert answer.status == status, answer.body
    assert status == 200 or complaint in answer.json["error"]
    assert len(viewer.get("episodes", limit=200)["episodes"]) == 18


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(max_size=40), st.sampled_from(["episodes", "facets", "groups"]))
def test_no_query_brings_the_server_down(viewer: Any, line: str, name: str) -> None:
    line = line.encode("utf-8", "replace").decode()
    assert viewer.ask(f"/api/{name}", q=line).status in (200, 400)


def test_read_only_means_nothing_is_written(run: Any, serve: Any) -> None:
    with serve(run, read_only=True) as viewer:
        for name, body in (("annotations", label()), ("undo", {"author": "ann", "id": "undo-00000001"})):
            answer = viewer.ask(f"/api/{name}", method="POST", body=body)
            assert (answer.status, "--read-only" in answer.json["error"]) == (403, True)
    assert not (run / "annotations.sqlite").exists()


def test_blind_hides_what_would_sway_a_judge(run: Any, serve: Any) -> None:
    with AnnotationBook(run) as book:
        for author in ("ann", "bob"):
            book.add(Annotation.model_validate(label() | {"author": author, "id": f"by-{author}-1"}))
    with serve(run, blind=True) as viewer:
        data = viewer.get("episode", id="group-a-1")
        text = json.dumps(data) + json.dumps(viewer.get("group", id="group-a")) + json.dumps(viewer.get("groups"))
        for told in ('"success"', '"score"', '"reward"', '"advantage"', '"outcome"', '"agent"', '"replay"'):
            assert told not in text
        assert [one["author"] for one in viewer.get("episode", id="group-a-0")["said"]] == ["ann"]
        assert viewer.ask("/api/episodes", q="success:true").status == 400
        assert viewer.ask("/api/episodes", q="adv>0").status == 400
        assert viewer.ask("/api/agreement").status == 400
        assert set(viewer.get("facets")["facets"]) == {"split", "task"}
        assert viewer.post("annotations", label("bad", t=1))["said"]["blind"] is True


def test_queues_hand_out_work_and_remember_what_is_done(viewer: Any) -> None:
    queue = viewer.get("queue", name="unlabelled")
    assert (queue["num_items"], queue["num_done"]) == (18, 0)
    assert queue["items"] == viewer.get("queue", name="unlabelled")["items"], "the same order every time"
    first = queue["items"][0]["a"]["episode"]
    viewer.post("annotations", label(episode=first))
    again = viewer.get("queue", name="unlabelled")
    assert again["num_done"] == 1
    assert first not in [item["a"]["episode"] for item in again["items"]]
    pairs = viewer.get("queue", name="pairs")["items"]
    assert pairs
    assert all(item["a"]["t"] == item["b"]["t"] for item in pairs)
    viewer.post("annotations", label("bad", author="bob", episode=first) | {"id": "bobs-label"})
    (item,) = viewer.get("queue", name="disagreement", author="carl")["items"]
    assert item["a"]["episode"] == first
    assert "ann: good" in item["reason"]


def test_agreement_of_two_people(viewer: Any) -> None:
    for t, (first, second) in enumerate([("good", "good"), ("bad", "bad"), ("good", "bad")]):
        for author, value in (("ann", first), ("bob", second)):
            viewer.post("annotations", label(value, t=t, author=author, episode="group-a-1"))
    report = viewer.get("agreement")
    (kind,) = report["kinds"]
    assert kind["alpha"] == pytest.approx(0.4444, abs=1e-4)
    assert kind["tables"][0]["kappa"] == pytest.approx(0.4)
    assert {row["layer"] for row in report["layers"]} >= {"advantage@1"}


def test_a_second_writer_shows_up_at_once(viewer: Any) -> None:
    with AnnotationBook(viewer.run) as book:
        book.add(Annotation.model_validate(label("redundant") | {"author": "elsewhere"}))
    assert [one["author"] for one in viewer.get("episode", id="group-a-0")["said"]] == ["elsewhere"]


def test_an_action_line_is_checked(viewer: Any) -> None:
    good = viewer.post("action", {"line": "click (0.25, 0.5)"})
    assert good["action"]["target"] == {"x": 0.25, "y": 0.5}
    bad = viewer.post("action", {"line": "clack [3]"})
    assert bad["action"] is None
    assert "clack" in bad["error"]


def test_events_tell_of_a_label_and_of_an_episode(viewer: Any, make_episode: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=20)
    connection.request("GET", "/api/live", headers={"authorization": "Bearer a-token-of-the-tests"})
    stream = connection.getresponse()

    def event(kind: str) -> Any:
        while True:
            line = stream.readline().decode().strip()
            if line == f"event: {kind}":
                return json.loads(stream.readline().decode().removeprefix("data: "))

    assert event("run")["episodes"] == 18
    viewer.post("annotations", label())
    assert event("said")["value"] == "good"
    with StoreWriter(viewer.run) as writer:
        writer.add(make_episode("fresh"))
        while (told := event("run"))["episodes"] == 18:
            pass
        assert told["episodes"] == 19
    connection.close()
