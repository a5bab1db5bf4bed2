"""One flow, as a person works: look at what a policy did, say what was wrong, and train a better policy on that."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clickwright.cli import main
from clickwright.trajectories.annotations import AnnotationBook
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode, Step
from tests.trajectories.exports.reading import tables
from tests.trajectories.viewer.driving import click_screen, counter, open_viewer, pressed, saved

torch = pytest.importorskip("torch")
expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser

ROLL_OUT = {"max_iterations": 1, "groups": 8, "lr": 1e-9}
"""64 tries, at a learning rate that changes nothing."""
SCREEN = (8, 8)


def elsewhere(work: Callable[[], Any]) -> Any:
    """Do something in a thread of its own: the browser's event loop is at home in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def roll_out(model: Path, run: Path, **sections: Any) -> float:
    """Train by the given stages, roll out once, and return the held-out success."""
    from clickwright.rl import train
    from tests.rl.recipes import doors_recipe

    steady = {"deterministic": True, "max_new_tokens": 16}
    recipe = doors_recipe(model, train=ROLL_OUT, rollout=steady, record={"frames": "all"}, **sections)
    elsewhere(lambda: train(recipe, run_dir=run, say=lambda text: None))
    (task,) = json.loads((run / "results.json").read_text())["evaluations"][-1]["tasks"].values()
    return float(task["success"])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that reads the colour of the room and likes the door beside the right one."""
    from tests.rl import doors

    doors.register()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    path = doors.write_model(tmp_path_factory.mktemp("model"), steps=200, known=0.5, shift=1)
    torch.set_num_threads(threads)
    return path


@pytest.fixture(scope="module")
def tried(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """Its tries, and its success."""
    run = tmp_path_factory.mktemp("tried") / "run"
    return run, roll_out(model, run)


def exported(run: Path, kind: str, out: Path) -> list[dict[str, Any]]:
    """The rows of ``clickwright traj export``."""
    assert main(["traj", "export", str(run), "--to", kind, "--out", str(out)]) == 0
    return [dict(row) for row in tables(out)]


def right_door(step: Step) -> int:
    """The door that has the colour of the room."""
    from tests.rl.doors import DOORS

    return DOORS.index(step.text)


def mistakes(run: Path) -> list[tuple[Episode, Step]]:
    """The first wrong step of failed tries, two for each colour of a room."""
    found: dict[str, list[tuple[Episode, Step]]] = {}
    with StoreReader(run) as reader:
        for episode in sorted(reader.whole_episodes(split="train"), key=lambda one: one.id):
            step = episode.steps[-1]
            if not episode.success and step.action.get("target", {}).get("ref") not in (None, right_door(step) + 1):
                found.setdefault(step.text, []).append((episode, step))
    assert len(found) == 3, "every colour is mistaken somewhere"
    return [pair for pairs in found.values() for pair in pairs[:2]]


def test_from_looking_to_a_better_policy(
    page: Any, serve: Any, model: Path, tried: tuple[Path, float], tmp_path: Path
) -> None:
    recorded, before = tried
    run = tmp_path / "run"
    shutil.copytree(recorded, run)
    wrong = mistakes(run)
    with serve(run) as viewer:
        # Open, filter, step through.
        open_viewer(page, viewer)
        page.keyboard.press("/")
        page.keyboard.type("split:train")
        page.keyboard.press("Enter")
        page.get_by_role("button", name=re.compile("^failure")).click()
        page.wait_for_url("**failure**")
        page.locator("h1").click()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.locator(".episode-view").wait_for()
        page.keyboard.press("End")
        assert counter(page) == "end"
        page.keyboard.press("Home")
        assert counter(page).startswith("1 / ")

        # Label by keyboard, and correct by clicking on the door that should have been taken.
        for episode, step in wrong:
            page.evaluate(f"location.hash = '#/episode/{episode.id}?t={step.t}'")
            page.locator(f'.episode-view[data-id="{episode.id}"]').wait_for()
            expect(page.locator(".toolbar .count")).to_have_text(f"{step.t + 1} / {len(episode.steps)}")
            page.keyboard.press("b")
            page.keyboard.press("e")
            page.keyboard.press("k")
            click_screen(page, (right_door(step) + 0.5) / 3, 0.5, size=SCREEN)
            expect(page.get_by_role("textbox", name="Action")).to_have_value(
                re.compile(rf"\[{right_door(step) + 1}\]$")
            )
            page.keyboard.press("Enter")
            page.locator(".judgement p.fix").wait_for()
            saved(page)

        # Undo the last two things said, say them again, reload: it is all there.
        _, step = wrong[-1]
        page.keyboard.press("u")
        page.locator(".judgement p.fix").wait_for(state="detached")
        page.keyboard.press("u")
        expect(page.locator(".tag.first[aria-pressed=true]")).to_have_count(0)
        page.keyboard.press("e")
        page.keyboard.press("k")
        click_screen(page, (right_door(step) + 0.5) / 3, 0.5, size=SCREEN)
        page.keyboard.press("Enter")
        page.locator(".judgement p.fix").wait_for()
        saved(page)
        page.reload()
        page.locator(".judgement p.fix").wait_for()
        assert (pressed(page, "bad"), pressed(page, "first error")) == (True, True)

        # Compare with another try of the group, from the state that both were in.
        page.evaluate("location.hash = '#/queues'")
        page.locator(".queue-card", has_text="Same state").get_by_role("button", name="Start").wait_for()
        page.keyboard.press("3")
        page.locator(".compare-view .tree").wait_for()
        assert page.get_by_text("from the same state").count() == 1
        page.keyboard.press("1")
        assert pressed(page, "A is better")
        saved(page)

    with AnnotationBook(run) as book:
        said = book.current()
    assert sum(one.kind == "correction" for one in said) == len(wrong)
    (preferred,) = [one for one in said if one.kind == "preference"]

    # Exported for any trainer: what was corrected is taught instead of what was done.
    taught = exported(run, "sft", tmp_path / "sft")
    pairs = exported(run, "dpo", tmp_path / "dpo")
    for episode, step in wrong:
        (row,) = [row for row in taught if (row["episode_id"], row["t"]) == (episode.id, step.t)]
        assert row["messages"][-1]["content"] == f'click "{step.text}" [{right_door(step) + 1}]'
    assert sorted(row["by"] for row in pairs if row["by"] != "return") == ["correction"] * len(wrong) + ["preference"]
    assert {row["rejected_episode_id"] for row in pairs if row["by"] == "preference"} <= {
        preferred.preference().a.episode, preferred.preference().b.episode,
    }  # fmt: skip

    # And trained on here.
    assert main(["traj", "annotations", "apply", str(run)]) == 0
    corrected = {"run": str(run), "keep": ["corrected"], "corrected_repeat": 4}
    stage = {"recorded": corrected, "episodes_per_task": 0, "epochs": 160, "batch_rows": 24, "lr": 3e-3}
    after = roll_out(model, tmp_path / "learnt", warm_start=stage | {"label_refs": False})
    assert before < 0.2
    assert after > 0.9
