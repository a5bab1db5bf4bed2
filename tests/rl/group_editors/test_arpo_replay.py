"""The replay editor over a real store: what is put in, what is remembered, what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl.advantages import Group
from clickwright.rl.group_editors import GROUP_EDITORS, Situation
from clickwright.rl.group_editors.arpo_replay import ArpoReplay
from clickwright.rl.recipe_file import load_recipe
from clickwright.trajectories.records import Episode, Status
from clickwright.trajectories.store import StoreWriter
from tests.rl.episodes import TASK, episode, failures, group_of, moment_of, recorded

OURS = "Qwen2ForCausalLM 1 with tokenizer 2"


def editor(**options: Any) -> ArpoReplay:
    built = GROUP_EDITORS.build("arpo_replay", options)
    assert isinstance(built, ArpoReplay)
    return built


def situation(run: Path, iteration: int, *, version: int | None = None, **more: Any) -> Situation:
    moment = moment_of(iteration=iteration, version=version)
    return Situation(moment=moment, run_dir=run, roll_out=lambda plans: [], **{"sampled_by": OURS, **more})


def ids(groups: Sequence[Group]) -> list[list[str]]:
    return [[one.id for one in group.episodes] for group in groups]


def won(run: Path, one: ArpoReplay, *episodes: Episode) -> None:
    """Let an iteration succeed, recorded and remembered."""
    recorded(run, episodes)
    one.edit([group_of(episodes)], situation(run, episodes[0].iteration))


def test_a_poor_group_gets_a_success_of_its_task(tmp_path: Path) -> None:
    one = editor()
    won(tmp_path, one, episode("won", 1.0, version=0), episode("lost", 0.0))
    assert one.metrics()["replay/stored"] == 1
    assert one.metrics()["replay/share"] == 0
    poor = failures(8, iteration=5)
    edited = one.edit([group_of(poor)], situation(tmp_path, 5))
    assert ids(edited) == [["won", *(e.id for e in poor[1:])]]
    assert edited[0].episodes[0].steps[0].logprobs == (-0.5, -0.5)
    found = one.metrics()
    assert (found["replay/share"], found["replay/age"], found["replay/episodes"]) == (1 / 8, 5, 1)
    assert found["replay/size"] == 1


def test_a_group_that_did_well_or_differs_is_left_as_it_is(tmp_path: Path) -> None:
    one = editor()
    won(tmp_path, one, episode("won", 1.0))
    fine = group_of([episode("a", 1.0, iteration=1), episode("b", 0.0, iteration=1)])
    assert one.edit([fine], situation(tmp_path, 1)) == [fine]
    assert one.metrics()["replay/poor_groups"] == 0


def test_an_empty_buffer_leaves_the_group_and_is_counted(tmp_path: Path) -> None:
    one = editor()
    poor = group_of(failures(8, iteration=0))
    assert one.edit([poor], situation(tmp_path / "no store", 0)) == [poor]
    assert one.metrics()["replay/unaided_groups"] == 1
    won(tmp_path, one, episode("won", 1.0))
    other = group_of(failures(8, iteration=2), task="another task")
    assert one.edit([other], situation(tmp_path, 2)) == [other]
    assert one.metrics()["replay/unaided_groups"] == 1


def test_what_was_put_in_is_not_stored_again(tmp_path: Path) -> None:
    one = editor()
    won(tmp_path, one, episode("won", 1.0))
    edited = one.edit([group_of(failures(4, iteration=1))], situation(tmp_path, 1))
    assert ids(edited)[0][0] == "won"
    assert [stored.episode_id for stored in one.buffer.of(TASK)] == ["won"]
    # Nor where an editor before this one put old episodes in.
    one.edit([group_of([episode("old", 1.0, said=(8, 2), iteration=0)])], situation(tmp_path, 2))
    assert [stored.episode_id for stored in one.buffer.of(TASK)] == ["won"]


def test_this_iterations_successes_are_for_later_ones(tmp_path: Path) -> None:
    one = editor()
    good, poor = group_of([episode("won", 1.0)], name="a"), group_of(failures(4, iteration=0), name="b")
    recorded(tmp_path, good.episodes)
    assert one.edit([good, poor], situation(tmp_path, 0)) == [good, poor]


def test_an_episode_stands_in_for_one_group_per_iteration(tmp_path: Path) -> None:
    one = editor()
    won(tmp_path, one, episode("won", 1.0))
    poor = [group_of(failures(4, iteration=1, name=name), name=name) for name in "ab"]
    edited = one.edit(poor, situation(tmp_path, 1))
    assert [group.episodes[0].id for group in edited] == ["won", "b1-0"]
    assert one.metrics()["replay/unaided_groups"] == 1
    assert one.edit([replace(poor[1])], situation(tmp_path, 2))[0].episodes[0].id == "won"


def test_k_of_them_at_random_places_or_behind(tmp_path: Path) -> None:
    stored = [episode(f"won{n}", 1.0, said=(n, 2)) for n in range(5)]
    recorded(tmp_path, stored)
    for slot, size in (("first", 6), ("random", 6), ("append", 9)):
        one = editor(k=3, slot=slot)
        one.edit([group_of(stored)], situation(tmp_path, 0))
        group = one.edit([group_of(failures(6, iteration=1))], situation(tmp_path, 1))[0]
        assert len(group.episodes) == size
        assert len({e.id for e in group.episodes if e.id.startswith("won")}) == 3


def test_a_group_of_one(tmp_path: Path) -> None:
    recorded(tmp_path, [episode("won", 1.0)])
    alone = group_of(failures(1, iteration=1))
    for slot, expected in (("first", ["f1-0"]), ("append", ["f1-0", "won"])):
        one = editor(slot=slot)
        one.edit([group_of([episode("won", 1.0)])], situation(tmp_path, 0))
        assert ids(one.edit([alone], situation(tmp_path, 1))) == [expected]


def test_what_is_drawn_depends_on_seed_and_iteration_alone(tmp_path: Path) -> None:
    stored = [episode(f"won{n}", 1.0, said=(n, 2)) for n in range(8)]
    recorded(tmp_path, stored)

    def drawn(iteration: int) -> str:
        one = editor()
        one.edit([group_of(stored)], situation(tmp_path, 0))
        return one.edit([group_of(failures(4, iteration=iteration))], situation(tmp_path, iteration))[0].episodes[0].id

    assert [drawn(i) for i in range(1, 7)] == [drawn(i) for i in range(1, 7)]
    assert len({drawn(i) for i in range(1, 13)}) > 3


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    one = editor(max_age=3)
    won(tmp_path, one, episode("won", 1.0, version=0))
    assert ids(one.edit([group_of(failures(4, iteration=3))], situation(tmp_path, 3)))[0][0] == "won"
    poor = group_of(failures(4, iteration=4))
    assert one.edit([poor], situation(tmp_path, 4)) == [poor]
    assert one.metrics()["replay/expired"] == 1


def test_only_the_same_start_where_that_is_asked(tmp_path: Path) -> None:
    one = editor(same_start=True)
    won(tmp_path, one, episode("elsewhere", 1.0, start="t"))
    poor = group_of(failures(4, iteration=1))
    assert one.edit([poor], situation(tmp_path, 1)) == [poor]
    won(tmp_path, one, episode("here", 1.0, start="s", iteration=2))
    assert ids(one.edit([group_of(failures(4, iteration=3))], situation(tmp_path, 3)))[0][0] == "here"


def test_penalties_count_where_the_reward_decides(tmp_path: Path) -> None:
    recorded(tmp_path, [episode("won", 1.0)])
    mixed = [episode(f"f{n}", 0.0, iteration=1, penalty=0.5 * (n == 0)) for n in range(4)]
    for by, first in (("eval", "won"), ("reward", "f0")):
        one = editor(by=by)
        one.edit([group_of([episode("won", 1.0)])], situation(tmp_path, 0))
        assert one.edit([group_of(mixed)], situation(tmp_path, 1))[0].episodes[0].id == first


def test_a_reward_that_is_no_number_neither_calls_for_help_nor_is_stored(tmp_path: Path) -> None:
    one = editor()
    won(tmp_path, one, episode("won", 1.0))
    broken = group_of([episode("x", float("nan"), iteration=1), episode("y", float("inf"), iteration=1)])
    assert one.edit([broken], situation(tmp_path, 1)) == [broken]
    assert one.metrics()["replay/not_finite"] == 2
    assert len(one.buffer) == 1


def test_the_buffer_comes_back_from_a_checkpoint(tmp_path: Path) -> None:
    one, again = editor(), editor()
    won(tmp_path, one, episode("won", 1.0))
    kept = json.loads(json.dumps(one.state()))
    # Recorded after the checkpoint: in the store, and not in the buffer that comes back.
    won(tmp_path, one, episode("later", 1.0, said=(9, 2), iteration=1))
    again.restore(kept)
    assert [stored.episode_id for stored in again.buffer.of(TASK)] == ["won"]
    poor = [group_of(failures(4, iteration=2))]
    assert again.edit(poor, situation(tmp_path, 2))[0].episodes[0].id == "won"
    assert editor().state() == {"sampled_by": "", "buffer": {}}


def test_an_episode_that_the_store_lost_is_forgotten_and_counted(tmp_path: Path) -> None:
    one = editor()
    one.edit([group_of([episode("gone", 1.0)])], situation(tmp_path, 0))
    recorded(tmp_path, [episode("another", 0.0)])
    with StoreWriter(tmp_path) as writer:
        cut = episode("cut", 1.0, said=(9, 2))
        writer.begin(replace(cut, steps=(), status=Status.RUNNING))
    one.edit([group_of([cut])], situation(tmp_path, 0))
    assert len(one.buffer) == 2
    poor = group_of(failures(4, iteration=1))
    assert one.edit([poor], situation(tmp_path, 1)) == [poor]
    assert one.metrics()["replay/lost"] == 2
    assert len(one.buffer) == 0


def test_a_buffer_of_another_model_is_refused(tmp_path: Path) -> None:
    one, again = editor(), editor()
    won(tmp_path, one, episode("won", 1.0))
    again.restore(one.state())
    with pytest.raises(ConfigError, match=r"sampled by Qwen2ForCausalLM 1.*policy is Other 9.*resume with the model"):
        again.edit([group_of(failures(4, iteration=1))], situation(tmp_path, 1, sampled_by="Other 9"))


def test_an_episode_of_another_tokenizer_is_refused(tmp_path: Path) -> None:
    one = editor()
    won(tmp_path, one, episode("won", 1.0))
    with pytest.raises(ConfigError, match=r"stored episode 'won' step 0.*not those of this model's tokenizer"):
        one.edit([group_of(failures(4, iteration=1))], situation(tmp_path, 1, is_ours=lambda step: False))


REPLAY = {"train.group_editors": [{"name": "arpo_replay"}]}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"train.group_editors": [{"name": "arpo_replay", "k": 8}]}, "all 8 members of a group"),
        (REPLAY | {"train.algorithm": {"name": "opo"}, "train.minibatches": 1}, "exact on-policy training"),
        ({"train.group_editors": [{"name": "arpo_replay", "size": 0}]}, "size = 0"),
        ({"train.group_editors": [{"name": "arpo_replay", "max_std": "inf"}]}, "max_std"),
        (
            {"train.off_policy.correction": "mask", "train.loss": {"name": "gvpo"}, "train.algorithm.name": "none"},
            "weighs advantages",
        ),
        ({"train.off_policy.correction": "mask", "train.off_policy.cap": 3.0}, "read by correction = 'truncated'"),
        ({"train.off_policy.low": 0.1}, "read by correction = 'mask'"),
        ({"train.off_policy": {"correction": "mask", "low": 3.0}}, "low must be less"),
        ({"train.off_policy": {"correction": "tis"}}, "'none', 'truncated' or 'mask'"),
        (REPLAY | {"train.off_policy.correction": "truncated", "rollout.top_p": 0.9}, "draws from the whole"),
        ({"rollout.top_k": 20, "train.loss": {"name": "ppo", "mismatch": "tis"}}, "draws from the whole"),
        ({"train.task_filter": {"min_successes": 1}}, "train.pass_rates names no file"),
    ],
)
def test_settings_that_make_no_sense_are_refused(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe("quickstart", overrides)


def test_settings_that_do_are_let_through() -> None:
    options = [{"name": "arpo_replay", "k": 8, "slot": "append"}]
    recipe = load_recipe("quickstart", {"train.group_editors": options, "train.off_policy.correction": "mask"})
    assert recipe.train is not None
    assert recipe.train.off_policy.high == 2.0
    with pytest.raises(UnknownNameError, match="did you mean arpo_replay"):
        load_recipe("quickstart", {"train.group_editors": [{"name": "arpo_reply"}]})
