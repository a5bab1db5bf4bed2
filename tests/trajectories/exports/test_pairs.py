"""Pairs by hand-computed returns, and what makes no pair."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from clickwright.errors import ConfigError
from clickwright.trajectories.exports.base import Options
from clickwright.trajectories.exports.command import export
from clickwright.trajectories.exports.pairs import By, pairs_by_people, pairs_by_return, returns_to_go
from clickwright.trajectories.exports.people import People
from clickwright.trajectories.records import Episode, Status, Step
from tests.trajectories.exports.reading import tables
from tests.trajectories.rich import BASE, click


def episode(name: str, *steps: tuple[str, int, float], prompt: tuple[int, ...] = ()) -> Episode:
    """An episode of ``(state key, element clicked, reward)``."""
    made = tuple(
        Step(t=t, state_key=key, raw=f"click [{ref}]", action=click(ref), reward=reward, prompt_ids=prompt)
        for t, (key, ref, reward) in enumerate(steps)
    )
    return Episode(id=name, **BASE, group_id="g", status=Status.TERMINATED, steps=made)


def group(*episodes: Episode) -> list[tuple[Episode, tuple[Step, ...]]]:
    return [(one, one.steps) for one in episodes]


def test_returns_count_from_the_step_on() -> None:
    assert returns_to_go(episode("a", ("s", 1, 0.25), ("t", 2, -1.0), ("u", 3, 2.0))) == {0: 1.25, 1: 1.0, 2: 2.0}


def test_the_best_action_beats_every_worse_one_by_its_mean_return() -> None:
    # In state s: action 1 earned 1.0 and 0.0 (mean 0.5), action 2 earned 0.75, action 3 earned -1.0.
    members = group(
        episode("a", ("s", 1, 1.0)), episode("b", ("s", 1, 0.0)), episode("c", ("s", 2, 0.75)),
        episode("d", ("s", 3, -1.0)),
    )  # fmt: skip
    found = [
        (p.chosen.episode.id, p.rejected.episode.id, p.chosen.value, p.rejected.value) for p in pairs_by_return(members)
    ]
    assert found == [("c", "a", 0.75, 0.5), ("c", "d", 0.75, -1.0)]
    assert [pair.rejected.num_tries for pair in pairs_by_return(members)] == [2, 1]
    assert [pair.rejected.episode.id for pair in pairs_by_return(members, min_gap=0.5)] == ["d"]


def test_later_steps_pair_only_after_the_same_actions() -> None:
    same = group(episode("a", ("s", 1, 0.0), ("t", 2, 1.0)), episode("b", ("s", 1, 0.0), ("t", 3, 0.0)))
    assert [(p.chosen.step.t, p.rejected.step.t) for p in pairs_by_return(same)] == [(1, 1)]
    unlike = group(episode("a", ("s", 1, 0.5), ("t", 2, 0.5)), episode("b", ("s", 9, 0.5), ("t", 3, 0.0)))
    assert [p.chosen.step.t for p in pairs_by_return(unlike)] == [0]


@pytest.mark.parametrize(
    "other",
    [
        episode("b", ("s", 1, 0.0)),  # the same action
        episode("b", ("z", 2, 0.0)),  # another state
        episode("b", ("s", 2, 1.0)),  # the same return
        episode("b", ("s", 2, 0.0), prompt=(1, 2)),  # another prompt
        replace(episode("b"), steps=(replace(episode("b", ("s", 2, 0.0)).steps[0], frame_sha256="f" * 64),)),
    ],
)
def test_what_makes_no_pair(other: Episode) -> None:
    assert not list(pairs_by_return(group(episode("a", ("s", 1, 1.0)), other)))


def test_people_pair_by_preference_and_by_correction() -> None:
    a, b = episode("a", ("s", 1, 1.0)), episode("b", ("s", 2, 0.0), ("t", 2, 0.0))
    people = People.of(
        preferences=[(("b", 0), ("a", 0)), (("a", 0), ("b", 1))],
        corrections=[
            ("a", 0, {"action": click(7), "thought": "seven"}),
            ("b", 0, {"action": click(2)}),
            ("gone", 0, {"action": click(1)}),
        ],
    )
    pairs, num_unlike = pairs_by_people(people, {"a": a, "b": b})
    assert [(pair.by, pair.chosen.episode.id, pair.rejected.episode.id) for pair in pairs] == [
        (By.PREFERENCE, "b", "a"),
        (By.CORRECTION, "a", "a"),
    ]
    assert (pairs[1].action, pairs[1].thought) == (click(7), "seven")
    assert num_unlike == 1


def test_a_run_gives_pairs_within_groups_and_between_branches(rich_run: Path, tmp_path: Path) -> None:
    report = export(rich_run, to="dpo", out=tmp_path / "out", options=Options(style="text"))
    rows = {row["by"] + row["chosen_episode_id"]: row for row in tables(tmp_path / "out")}
    assert set(rows) == {"returnbranched", "returnfork-0"}
    fork = rows["returnfork-0"]
    # fork-0 and fork-2 clicked [1] and earned 1.0 and 0.5; fork-1 clicked [2] and earned 0.
    assert (fork["chosen"], fork["chosen_return"]) == ("think 0\nclick [1]", 0.75)
    assert (fork["rejected"], fork["rejected_return"]) == ("think 1\nclick [2]", 0.0)
    assert fork["prompt"].endswith('button "A" [1]\nbutton "B" [2]\nact:\n')
    branch = rows["returnbranched"]
    assert (branch["chosen"], branch["rejected"], branch["t"]) == ("click [4]", "click [2]", 1)
    assert report.num_rows == 2


def test_a_persons_preference_overrules_returns(rich_run: Path, tmp_path: Path) -> None:
    people = People.of(preferences=[(("fork-1", 0), ("fork-0", 0))])
    export(rich_run, to="dpo", out=tmp_path / "out", options=Options(style="text"), people=people)
    rows = [row for row in tables(tmp_path / "out") if row["group_id"] == "fork"]
    assert [(row["by"], row["chosen_episode_id"], row["rejected_episode_id"]) for row in rows] == [
        ("preference", "fork-1", "fork-0")
    ]


def test_a_gap_nobody_reaches_is_an_error_that_leaves_nothing(rich_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no dpo row"):
        export(rich_run, to="dpo", out=tmp_path / "out", options=Options(min_gap=9.0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
