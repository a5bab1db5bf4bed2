"""The pictures of the viewer in the docs: ``python -m benchmarks.screenshots [RUN] [--out docs/images]``.

Without a run, a short training with frames is made first (three minutes). The run is copied before a few labels of two
made-up people are added, so it stays as it was.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from clickwright.cli_view import decoder
from clickwright.envs.web.browsers import find_browser
from clickwright.rl.metrics import read_metrics
from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.viewer.app import create_app
from clickwright.trajectories.viewer.serve import listen, server_of

TOKEN = "screenshots"
SIZE = {"width": 1280, "height": 800}
COLOURS = 200
"""The pictures are of flat colours, so a small palette keeps them small."""
TRAINING: dict[str, Any] = {
    "record.frames": "all", "train.max_iterations": 6, "train.groups": 8, "evaluate.episodes_per_task": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: where in the viewer, which keys are pressed there, in which colours."""

    name: str
    place: str
    keys: tuple[str, ...] = ()
    scheme: str = "light"


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "quickstart"
        if args.run is None:
            from clickwright.rl import load_recipe, train

            train(load_recipe("quickstart", TRAINING), run_dir=run)
        else:
            shutil.copytree(args.run, run, ignore=shutil.ignore_patterns("annotations.sqlite*", "*.lock"))
        group, good, bad = choose(run)
        label(run, good, bad)
        with served(run) as address:
            take(address, shots(group, good, bad), args.out)


def choose(run: Path) -> tuple[str, str, str]:
    """A group that went both ways with several steps, a good and a bad rollout of it."""
    with StoreReader(run) as reader:
        found = reader.query(
            "SELECT e.group_id FROM episodes e JOIN ends n ON n.episode = e.number WHERE e.group_id <> '' GROUP BY 1 "
            "HAVING sum(n.success) BETWEEN 2 AND 6 AND max(n.num_steps) <= 6 ORDER BY sum(n.num_steps) DESC LIMIT 1"
        )
        group = str(found[0][0])
        heads = reader.episodes(group_id=group)
    good = next(head.episode.id for head in heads if head.episode.success)
    bad = next(head.episode.id for head in heads if not head.episode.success)
    return group, good, bad


def label(run: Path, good: str, bad: str) -> None:
    """What two made-up people say, so that there is something to see."""
    with StoreReader(run) as reader:
        steps = {episode: reader.head(episode).num_steps for episode in (good, bad)}
        better = dict(reader.episode(good).steps[0].action)
        others = [head.episode.id for head in reader.episodes(split="eval", limit=24)]
    said: list[dict[str, Any]] = []
    for author in ("ada", "grace"):
        for t in range(steps[good]):
            said.append({"at": {"episode": good, "t": t}, "kind": "label", "value": "good", "author": author})
        for t in range(steps[bad]):
            value = "bad" if t or author == "ada" else "neutral"
            said.append({"at": {"episode": bad, "t": t}, "kind": "label", "value": value, "author": author})
        for i, episode in enumerate(others):
            rating = 1 + (7 * i) % 5
            said.append({"at": {"episode": episode}, "kind": "rating", "author": author,
                         "value": max(1, rating - (author == "grace" and i % 3 == 0))})  # fmt: skip
    said += [
        {"at": {"episode": bad, "t": 0}, "kind": "first_error", "author": "ada"},
        {"at": {"episode": bad}, "kind": "rating", "value": 2, "author": "ada"},
        {"at": {"episode": bad, "t": 0}, "kind": "tag", "value": "wrong element", "author": "ada"},
        {"at": {"episode": bad, "t": 0}, "kind": "correction", "author": "ada",
         "value": {"action": better, "thought": "The name goes into the first field."}},
    ]  # fmt: skip
    with AnnotationBook(run) as book:
        book.add_all(Annotation.model_validate({"elapsed_ms": 2600 + 90 * i} | one) for i, one in enumerate(said))


def shots(group: str, good: str, bad: str) -> list[Shot]:
    """What is taken."""
    return [
        Shot(name="viewer-list", place="#/?q=split%3Atrain"),
        Shot(name="viewer-episode", place=f"#/episode/{bad}", keys=("l",)),
        Shot(name="viewer-episode-dark", place=f"#/episode/{good}?t=1", keys=("d",), scheme="dark"),
        Shot(name="viewer-group", place=f"#/group/{group}", keys=("ArrowDown",)),
        Shot(name="viewer-compare", place=f"#/compare/{good}/{bad}?ta=0&tb=0", keys=("1",)),
        Shot(name="viewer-training-dark", place="#/live", scheme="dark"),
        Shot(name="viewer-agreement", place="#/agreement"),
    ]


def view_of(place: str) -> str:
    """What is there once a place is shown, as a selector."""
    name = place.removeprefix("#/").split("/")[0].split("?")[0]
    return {"": ".list-view", "episode": ".episode-view", "group": ".group-view", "compare": ".compare-view"}.get(
        name, ".page"
    )


@contextmanager
def served(run: Path) -> Iterator[str]:
    """The viewer of a run on a free port."""
    app = create_app(run, token=TOKEN, author="ada", decode=decoder(run), metrics=partial(read_metrics, run))
    with listen(0) as listener:
        server = server_of(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(10)


def take(address: str, wanted: list[Shot], out: Path) -> None:
    """Open each place and write its picture."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_browser().path))
        for shot in wanted:
            page = browser.new_page(viewport=SIZE, color_scheme=shot.scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.goto(f"{address}?token={TOKEN}")
            page.locator(".episode-row").first.wait_for()
            page.evaluate(f"location.hash = {json.dumps(shot.place)}")
            page.locator(view_of(shot.place)).wait_for()
            page.wait_for_timeout(2000)
            for key in shot.keys:
                page.keyboard.press(key)
                page.wait_for_timeout(300)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            path = out / f"{shot.name}.png"
            picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
            print(f"{path}  {path.stat().st_size / 1000:.0f} KB")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
