"""NoisyRollout: what is distorted and what never is, how it fades, and rows that are learnt on the clean page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clickwright.rl import train
from clickwright.rl.advantages.base import Advantages
from clickwright.rl.guides.noisy_rollout import NOISE, NoisyRollout, annealed, distorted
from clickwright.rl.guides.page_lines import thinned
from clickwright.rl.metrics import read_metrics
from clickwright.rl.rows import traced_rows
from clickwright.trajectories.reader import StoreReader
from tests.rl import corridor
from tests.rl.corridor import HALLS_ID
from tests.rl.guides.taught import PLAN, episode, group, jobs, lesson, moment, text_of
from tests.rl.recipes import doors_recipe

corridor.register()
PAGE = (
    'heading "Long title"\nform "f"\n text "inside here"\n button "Ok" [1]\ntext "outside"\nlink "Go" [2]\n... 3 more'
)


def noisy(**options: Any) -> NoisyRollout:
    return NoisyRollout(NoisyRollout.Options(**options))


def test_the_schedule_is_one_minus_a_sigmoid() -> None:
    # 1 / (1 + exp(30 (t - 2/3))): 1 / (1 + e**-5) at 1/2, one half at 2/3, 1 / (1 + e**10) at 1.
    found = [annealed(1.0, t, middle=2 / 3, steepness=30.0) for t in (0.0, 0.5, 2 / 3, 1.0)]
    assert found == pytest.approx([1.0, 0.9933071, 0.5, 4.5398e-5], abs=1e-6)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_every_ref_and_every_line_above_another_stays(strength: float) -> None:
    lines = PAGE.split("\n")
    seen = set()
    for seed in range(60):
        found = thinned(PAGE, np.random.default_rng(seed), strength).split("\n")
        for line in (lines[1], lines[3], lines[5], lines[6]):
            assert line in found
        seen.add("\n".join(found))
    if strength == 0.0:
        assert seen == {PAGE}
    elif strength == 1.0:
        assert seen == {'form "f"\n button "Ok" [1]\nlink "Go" [2]\n... 3 more'}
    else:
        assert 'heading "Long "\n' in "".join(seen)
        assert len(seen) > 8


@pytest.mark.parametrize("page", ["", "#####\n#@$.#", 'text "no refs"\ntext "at all"'])
def test_a_page_without_refs_stays_as_it_is(page: str) -> None:
    assert thinned(page, np.random.default_rng(0), 1.0) == page


def test_the_last_half_of_the_members_reads_otherwise_until_that_has_faded() -> None:
    given = noisy().guide(jobs(5), PLAN, moment())
    assert [one.meta.get(NOISE, 0.0) > 0 for one in given] == [False, False, False, True, True]
    assert given[4].meta[NOISE] == pytest.approx(0.5)
    late = noisy(middle=0.1).guide(jobs(5), PLAN, moment(9))
    assert all(one.wrap is None and NOISE not in one.meta for one in late)


def test_what_a_member_reads_depends_on_its_stream_and_step_alone() -> None:
    first = [distorted(PAGE, t, seed=0, key="s1", strength=0.5) for t in range(20)]
    assert first == [distorted(PAGE, t, seed=0, key="s1", strength=0.5) for t in range(20)]
    assert first != [distorted(PAGE, t, seed=0, key="s2", strength=0.5) for t in range(20)]
    assert len(set(first)) > 5


def test_rows_of_distorted_members_are_learnt_after_the_clean_prompt_at_a_ratio_of_one() -> None:
    clean, other = episode("a", ["page a", "page b"], reward=1.0), episode("b", ["page c", "page d"], **{NOISE: 0.5})
    groups = [group(clean, other)]
    rows = traced_rows(groups, Advantages(total=np.asarray([1.0, 1.0, -1.0, -1.0])))
    guide = noisy()
    taught = guide.teach(rows, lesson(groups))
    assert [one.row for one in taught[:2]] == [one.row for one in rows[:2]]
    assert text_of(taught[2].row.prompt_ids) == "goal: win\npage:\npage c\nact:\n"
    assert text_of(taught[3].row.prompt_ids) == "goal: win\ndid: click [1]\npage:\npage d\nact:\n"
    for one in taught[2:]:
        assert one.row.old_logprobs == (-float(len(one.row.prompt_ids)),)
        assert one.row.advantage == -1.0
    assert guide.metrics()["guide/noisy_rows"] == 2


def test_in_a_run_the_clean_page_is_recorded_and_trainer_and_old_policy_agree(
    doors_model: Path, tmp_path: Path
) -> None:
    recipe = doors_recipe(
        doors_model,
        tasks=(HALLS_ID,),
        rollout={"num_envs": 8, "max_prompt_tokens": 240, "deterministic": True},
        train={"groups": 4, "group_size": 4, "max_iterations": 1, "guides": [{"name": "noisy_rollout"}]},
        evaluate={"episodes_per_task": 1},
    )
    recipe.check()
    train(recipe, run_dir=tmp_path, say=lambda _: None)
    row = next(row for row in read_metrics(tmp_path) if row["event"] == "iteration")
    assert row["guide/noise"] == pytest.approx(0.5)
    assert row["guide/noisy_rows"] > 0
    assert row["train/mismatch_kl"] < 1e-6
    with StoreReader(tmp_path) as reader:
        episodes = list(reader.whole_episodes(split="train"))
    assert all(step.text.count("wall of hall") == 4 for one in episodes for step in one.steps)
    read: dict[bool, set[int]] = {True: set(), False: set()}
    for one in episodes:
        read[bool(one.meta.get(NOISE))].add(len(one.steps[0].prompt_ids))
    assert min(read[True]) < min(read[False])
