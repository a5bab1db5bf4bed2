"""What a replay found is shown beside the step where it was found."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clickwright.trajectories.store import StoreWriter
from tests.trajectories.viewer.reports import diverged, replayed


@pytest.fixture
def told(viewer: Any) -> Any:
    """A viewer of a run with replays of several versions."""
    replayed(viewer.run, 1, "group-a-0", verdict="identical")
    replayed(viewer.run, 10, "group-a-1", verdict="identical", pixels="compared")
    diverged(viewer.run)
    return viewer


def test_the_newest_verdict_on_an_episode_is_told_with_every_difference(told: Any) -> None:
    found = told.get("replay", id="group-a-0")["replay"]
    assert (found["verdict"], found["t"], found["version"], found["picture_t"]) == ("diverged", 1, 2, 1)
    assert [each["level"] for each in found["rows"]["1"]] == ["tiles", "state"]
    picture = told.ask("/api/replay/picture", id="group-a-0")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/png")
    assert told.get("replay", id="group-a-1")["replay"]["verdict"] == "identical"
    assert told.get("replay", id="group-a-2") == {"replay": None}
    assert told.ask("/api/replay/picture", id="group-a-1").status == 404
    assert told.ask("/api/replay", id="nobody").status == 404
    diverged(told.run, 11, "group-a-1")
    assert told.get("replay", id="group-a-1")["replay"]["verdict"] == "diverged"


def test_a_verdict_would_sway_a_judge(told: Any) -> None:
    assert told.get("replay", id="group-a-0", blind="1") == {"replay": None}


@pytest.mark.parametrize("name", ["../../../secret-t001.png", "/etc/passwd", "a\x00-t001.png", "x-t001.svg"])
def test_a_report_can_name_no_file_outside_its_folder(viewer: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret-t001.png").write_bytes(b"\x89PNG\r\n\x1a\nsecret")
    replayed(viewer.run, 1, "group-a-0", verdict="diverged", t=1, level="state", picture=name)
    assert viewer.get("replay", id="group-a-0")["replay"]["picture_t"] is None
    assert viewer.ask("/api/replay/picture", id="group-a-0").status == 404


def test_what_is_no_picture_is_not_served_as_one(told: Any) -> None:
    (told.run / "replays" / "2" / "group-a-0-t001.png").write_text("<script>alert(1)</script>")
    answer = told.ask("/api/replay/picture", id="group-a-0")
    assert answer.status == 500
    assert "is no PNG" in answer.json["error"]


def test_a_damaged_report_is_an_error_with_a_way_out_and_spoils_no_other(told: Any) -> None:
    path = told.run / "replays" / "2" / "report.jsonl"
    path.write_text('{"episode": "group-a-0", "verdict": "splendid"}\n[1, {"episode"\n' + "[" * 5000 + "\n")
    answer = told.ask("/api/replay", id="group-a-0")
    assert answer.status == 500
    assert "traj replay" in answer.json["error"]
    assert told.get("replay", id="group-a-1")["replay"]["verdict"] == "identical"
    (told.run / "replays" / "2" / "report.jsonl").write_text(json.dumps({"episode": 7}) + "\n\n")
    assert told.get("replay", id="group-a-0")["replay"]["verdict"] == "identical", "an older report speaks of it"


def test_every_action_tried_in_a_state_is_told_with_what_became_of_it(viewer: Any) -> None:
    found = viewer.get("tried", id="group-a-0", t=0)
    assert found["num_steps"] == 3
    cancel, save = found["actions"]
    assert (cancel["line"], cancel["count"], cancel["mean_return"], cancel["num_success"]) == (
        'click "Cancel" [2]', 1, 1.0, 1,
    )  # fmt: skip
    assert (save["count"], save["mean_return"], save["advantage"], save["chosen"]) == (2, 0.0, -0.5, True)
    assert cancel["examples"] == [{"episode": "group-a-1", "t": 0, "member": 1}]
    # The branch left member 0 before its third step and did something else there.
    third = viewer.get("tried", id="branch", t=2)["actions"]
    assert [one["chosen"] for one in third] == [True]
    assert viewer.ask("/api/tried", id="branch", t="3").status == 404


def test_blind_tells_what_was_tried_and_not_what_it_came_to(viewer: Any) -> None:
    found = viewer.get("tried", id="group-a-0", t=0, blind="1")["actions"]
    assert [one["line"] for one in found] == ['click "Cancel" [2]', 'click "Save" [1]']
    assert not {"mean_return", "num_success", "advantage"} & {name for one in found for name in one}


def test_a_damaged_action_of_another_rollout_hides_nothing(viewer: Any) -> None:
    with sqlite3.connect(viewer.run / "episodes.sqlite") as store:
        store.execute(
            "UPDATE steps SET action = '{\"kind' WHERE t = 0 AND episode = "
            "(SELECT number FROM episodes WHERE id = 'group-a-2')"
        )
    store.close()
    assert [one["count"] for one in viewer.get("tried", id="group-a-0", t=0)["actions"]] == [1, 1]
    assert [line["id"] for line in viewer.get("compare", a="group-a-0", b="group-a-1")["tree"]] == [
        "group-a-0", "group-a-1", "branch",
    ]  # fmt: skip


def test_branches_of_one_start_are_a_tree(viewer: Any) -> None:
    lines = viewer.get("compare", a="group-a-0", b="branch")["tree"]
    assert [line["id"] for line in lines[:2]] == ["group-a-0", "branch"]
    by_id = {line["id"]: line for line in lines}
    assert by_id["group-a-0"]["joins"] is None
    assert by_id["branch"] == {
        "id": "branch", "member": 0, "kind": "whatif", "num_steps": 3, "outcome": "failure",
        "joins": {"line": 0, "t": 1}, "same": False,
    }  # fmt: skip
    assert by_id["group-a-1"]["joins"] == {"line": 0, "t": 0}
    assert by_id["group-a-1"]["outcome"] == "success"
    blind = viewer.get("compare", a="group-a-0", b="branch", blind="1")["tree"]
    assert {line["outcome"] for line in blind} == {None}
    apart = viewer.get("compare", a="group-a-0", b="text-only")["tree"]
    assert apart[1]["joins"] is None, "they begin in different states"


def test_a_branch_that_never_leaves_is_not_one_that_leaves_with_its_last_action(viewer: Any, make_episode: Any) -> None:
    tried = make_episode("first", 2)
    other = {"kind": "click", "target": {"ref": 9}}
    with StoreWriter(viewer.run) as writer:
        for name, last in (("first", tried.steps[1].action), ("again", tried.steps[1].action), ("other", other)):
            steps = (tried.steps[0], replace(tried.steps[1], action=last))
            writer.add(replace(tried, id=name, group_id="three", steps=steps))
    lines = viewer.get("compare", a="first", b="other")["tree"]
    assert [(line["id"], line["joins"], line["same"]) for line in lines] == [
        ("first", None, False),
        ("other", {"line": 0, "t": 1}, False),
        ("again", {"line": 0, "t": 1}, True),
    ]


def test_a_tree_of_many_stays_small(viewer: Any, make_episode: Any) -> None:
    with StoreWriter(viewer.run) as writer:
        for i in range(40):
            writer.add(replace(make_episode(f"many-{i:02d}"), group_id="many", member=i))
    assert len(viewer.get("compare", a="many-00", b="many-39")["tree"]) == 12
