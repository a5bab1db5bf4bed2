"""Share-GRPO: variants by member, both terms of the advantage to the number, and rows after other prompts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from clickwright.errors import ConfigError
from clickwright.rl import train
from clickwright.rl.advantages import ESTIMATORS, as_columns, columns
from clickwright.rl.advantages.columns import VARIANT, Need
from clickwright.rl.guides.page_lines import reordered
from clickwright.rl.guides.share_variants import ShareVariants
from clickwright.rl.metrics import read_metrics
from clickwright.rl.recipe import Recipe
from clickwright.rl.rows import traced_rows
from clickwright.trajectories.reader import StoreReader
from tests.rl import corridor
from tests.rl.corridor import HALLS_ID
from tests.rl.guides.taught import PLAN, episode, group, jobs, lesson, moment, text_of
from tests.rl.recipes import doors_recipe

corridor.register()
SHARE = ESTIMATORS.build("share_grpo", {"norm": "mean_std_norm"})


def variants(**options: Any) -> ShareVariants:
    return ShareVariants(ShareVariants.Options(**options))


def credit(scores: list[float], variant: list[int], **options: Any) -> np.ndarray:
    num = len(scores)
    data = as_columns(group=[0] * num, episode=range(num), anchor=[0] * num, reward=scores, variant=variant)
    return ESTIMATORS.build("share_grpo", options).advantages(data).total


def test_the_advantage_is_the_global_term_and_the_local_one() -> None:
    # Scores 1 0, 1 1: mean 3/4, deviation 1/2; of the first variant, 1/2 and sqrt(1/2); the second is all equal.
    whole, local = [0.5, -1.5, 0.5, 0.5], [math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0]
    found = credit([1, 0, 1, 1], [0, 0, 1, 1])
    assert found == pytest.approx([a + b for a, b in zip(whole, local, strict=True)], abs=1e-5)
    found = credit([1, 0, 1, 1], [0, 0, 1, 1], norm="mean_norm")
    assert found == pytest.approx([0.25 + 0.5, -0.75 - 0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("scores", "variant", "expected"),
    [
        ([0.7], [0], [0.0]),
        ([0.7, 0.7, 0.7], [0, 1, 0], [0.0, 0.0, 0.0]),
        ([], [], []),
        ([1.0, 0.0], [0, 1], [math.sqrt(0.5), -math.sqrt(0.5)]),
    ],
)
def test_degenerate_groups(scores: list[float], variant: list[int], expected: list[float]) -> None:
    assert credit(scores, variant) == pytest.approx(expected, abs=1e-5)


def test_variants_of_two_groups_are_not_mixed() -> None:
    data = as_columns(group=[0, 0, 1, 1], episode=range(4), anchor=[0] * 4, reward=[1, 0, 5, 5], variant=[0, 0, 0, 0])
    assert SHARE.advantages(data).total[2:] == pytest.approx([0.0, 0.0])
    with pytest.raises(ValueError, match="'variant'"):
        SHARE.advantages(as_columns(group=[0], episode=[0], anchor=[0], reward=[1]))


def test_members_take_turns_and_say_so() -> None:
    given = variants().guide(jobs(5), PLAN, moment())
    assert [one.meta[VARIANT] for one in given] == [0, 1, 0, 1, 0]
    made = [group(episode("a", ["p"]), episode("b", ["p"], **{VARIANT: 1}))]
    assert columns(made, needs=frozenset({Need.VARIANT})).variant.tolist() == [0, 1]


def test_every_answer_is_learnt_after_every_prompt_with_the_global_term() -> None:
    made = [group(*(episode(str(k), ["p", "q"], reward=float(k == 0), **{VARIANT: k % 2}) for k in range(4)))]
    found = SHARE.advantages(columns(made, needs=frozenset({Need.VARIANT})))
    rows = traced_rows(made, found)
    guide = variants()
    taught = guide.teach(rows, lesson(made, found))
    assert [one.row for one in taught[:8]] == [one.row for one in rows]
    assert len(taught) == 16
    assert guide.metrics()["guide/shared_rows"] == 8
    assert text_of(taught[8].row.prompt_ids) == "goal: Your task: win\npage:\np\nact:\n"
    assert text_of(taught[10].row.prompt_ids) == "goal: win\npage:\np\nact:\n"
    for one, own in zip(taught[8:], rows, strict=True):
        assert one.row.advantage == pytest.approx(1.5 if one.episode.id == "0" else -0.5, abs=1e-5)
        assert one.row.completion_ids == own.row.completion_ids
        assert one.row.old_logprobs == (-float(len(one.row.prompt_ids)),)
    assert variants(share=False).teach(rows, lesson(made, found)) == rows


def test_rotation_keeps_every_line_and_what_is_below_it() -> None:
    page = 'form\n button "a" [1]\n button "b" [2]\nlink "c" [3]\n... 2 more'
    guide = variants(order="rotated")
    assert guide.page(page, 0) == page
    assert guide.page(page, 1) == 'link "c" [3]\nform\n button "b" [2]\n button "a" [1]\n... 2 more'
    assert variants().page(page, 1) == page
    assert reordered("#.#\n###", lambda num: range(num)[::-1]) == "#.#\n###"
    assert reordered(" a [1]\nb [2]\nc [3]", lambda num: range(num)[::-1]) == " a [1]\nc [3]\nb [2]"


@pytest.mark.parametrize("wordings", [["{goal}"], ["{goal}", "do it"], ["{goal}", "{goal} {goal}"]])
def test_wordings_that_tell_no_goal_are_refused(wordings: list[str]) -> None:
    with pytest.raises(ValidationError):
        ShareVariants.Options(wordings=tuple(wordings))


def recipe(model: Path, **settings: Any) -> Recipe:
    usual = {"algorithm": {"name": "share_grpo"}, "guides": [{"name": "share_variants"}]}
    made = doors_recipe(
        model,
        tasks=(HALLS_ID,),
        rollout={"num_envs": 8, "max_prompt_tokens": 240, "deterministic": True},
        train={"groups": 4, "group_size": 4, "max_iterations": 1} | usual | settings,
        evaluate={"episodes_per_task": 1},
    )
    made.check()
    return made


def test_in_a_run_rows_are_learnt_twice_and_start_at_a_ratio_of_one(doors_model: Path, tmp_path: Path) -> None:
    train(recipe(doors_model), run_dir=tmp_path, say=lambda _: None)
    row = next(row for row in read_metrics(tmp_path) if row["event"] == "iteration")
    assert row["guide/shared_rows"] > 0
    assert row["train/rows"] == 2 * row["guide/shared_rows"]
    assert row["train/mismatch_kl"] < 1e-6
    with StoreReader(tmp_path) as reader:
        read = {
            (one.group_id, one.meta[VARIANT]): one.steps[0].prompt_ids for one in reader.whole_episodes(split="train")
        }
    assert all(read[name, 0] != read[name, 1] for name, _ in read)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"guides": []}, "nothing makes variants"),
        ({"algorithm": {"name": "grpo"}}, "set share = false"),
        ({"guides": [{"name": "share_variants"}, {"name": "noisy_rollout"}]}, "one would undo the other"),
        ({"multipliers": [{"name": "difficulty"}]}, "own prompts alone"),
        ({"guides": [{"name": "share_variants"}] * 2}, "listed twice: share_variants"),
        ({"guides": [{"name": "share_variants", "wordings": ["{goal}"] * 5}]}, "5 variants"),
    ],
)
def test_what_does_not_fit_is_refused(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        recipe(tmp_path, **settings)
    assert recipe(tmp_path, algorithm={"name": "grpo"}, guides=[{"name": "share_variants", "share": False}])
