"""``python -m benchmarks.viewer``: how fast the viewer answers over a run of 100,000 episodes, beside JSON files.

Every answer is asked for over HTTP, as the page asks for it, and read to its end. What a server must do once, on the
first such question of all, stands beside the medians. The operating system keeps files in memory for both sides alike.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shlex
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from benchmarks import machine
from benchmarks.json_files import JsonFiles
from benchmarks.rounds import REPOSITORY
from benchmarks.store import EPISODE_MS, LIST_MS, SEARCH_MS, Load, measure, table, time_ms
from benchmarks.store_load import RARE, TASKS, VOCABULARY, build, make_episode
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.viewer.app import create_app
from clickwright.trajectories.viewer.serve import listen, server_of

RESULT = Path("benchmarks/results/viewer.json")
PAGE = 60
GROUP_SIZE = 8
TOKEN = "benchmark"
Ask = Callable[..., dict[str, Any]]
"""JSON of ``/api/name`` with parameters."""


@contextmanager
def asking(run: Path) -> Iterator[Ask]:
    """A viewer of a run in a thread of its own, asked over a connection of its own each time."""
    with listen(0) as listener:
        port = listener.getsockname()[1]
        server = server_of(create_app(run, token=TOKEN, author="benchmark"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()

        def ask(name: str, **params: Any) -> dict[str, Any]:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
                carried = {"authorization": f"Bearer {TOKEN}"}
                connection.request("GET", f"/api/{name}?{urlencode(params)}", headers=carried)
                answer = connection.getresponse()
                body = answer.read()
            if answer.status != http.client.OK:
                raise SystemExit(f"/api/{name} answered {answer.status}: {body[:200]!r}")
            found: dict[str, Any] = json.loads(body)
            return found

        try:
            yield ask
        finally:
            server.should_exit = True
            thread.join(10)


def loads(folder: Path, count: int, ask: Ask) -> dict[str, Load]:
    """What the page asks for, what reads the same from JSON files, and the budget."""
    rng = Random(1)
    files = JsonFiles(folder, count, PAGE)

    def some() -> str:
        return f"e{rng.randrange(count):06}"

    def page(**params: Any) -> Callable[[], object]:
        return lambda: ask("episodes", limit=PAGE, **params)

    def search(words: str) -> Callable[[], object]:
        return page(q=words)

    def compare() -> object:
        first = GROUP_SIZE * rng.randrange(count // GROUP_SIZE)
        return ask("compare", a=f"e{first:06}", b=f"e{first + 1:06}")

    def group_of_files() -> object:
        first = GROUP_SIZE * rng.randrange(count // GROUP_SIZE)
        return [files.episode(first + member) for member in range(GROUP_SIZE)]

    middle = ask("episodes", limit=1, after=json.dumps([0, count // 2]))["next"]
    phrase = str(make_episode(count // 2).steps[0].action["target"]["name"])
    return {
        "list: first page": (page(), files.newest, LIST_MS),
        "list: page in the middle": (page(after=middle), None, LIST_MS),
        "list: best first": (page(order="best"), None, LIST_MS),
        "list: one task, failures": (page(q=f"task:{TASKS[3]} success:false"), None, LIST_MS),
        "list: by a layer": (page(q="adv>0.4 split:eval"), None, LIST_MS),
        "list: all filter counts": (lambda: ask("facets"), files.facets, LIST_MS),
        "list: filter counts of one task": (lambda: ask("facets", q=f"task:{TASKS[3]}"), None, LIST_MS),
        "episode": (lambda: ask("episode", id=some()), lambda: files.episode(rng.randrange(count)), EPISODE_MS),
        "episode: what else was tried in a state": (lambda: ask("tried", id=some(), t=0), None, EPISODE_MS),
        "a group": (lambda: ask("group", id=f"g{rng.randrange(count // GROUP_SIZE)}"), group_of_files, 0.0),
        "two episodes beside each other": (compare, None, 0.0),
        "search: a rare word": (search(RARE), lambda: files.search(RARE), SEARCH_MS),
        "search: the most common word": (search(VOCABULARY[0]), lambda: files.search(VOCABULARY[0]), SEARCH_MS),
        "search: two words": (search(f"{VOCABULARY[40]} {VOCABULARY[300]}"), None, SEARCH_MS),
        "search: a phrase": (search(f'"{phrase}"'), None, SEARCH_MS),
        "search: a word in one task's failures": (
            search(f"{VOCABULARY[3]} task:{TASKS[3]} success:false"), None, SEARCH_MS,
        ),
        "search: nothing": (search("zzzz"), None, SEARCH_MS),
    }  # fmt: skip


def _told(argv: list[str]) -> list[str]:
    """The options without where a folder lies, which is nobody else's business."""
    return ["FOLDER" if before == "--folder" else option for before, option in zip(["", *argv], argv, strict=False)]


def main(argv: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.viewer", description=__doc__)
    parser.add_argument("--episodes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json-rounds", type=int, default=1, help="a look at every JSON file takes a while")
    parser.add_argument("--folder", type=Path, help="where benchmarks.store built its run, or where to build one")
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args(argv)
    result: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks.viewer", *_told(argv)]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(REPOSITORY),
        "machine": machine.describe(),
        "num_rounds": args.rounds,
        "num_episodes": args.episodes,
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        if not (folder / "run").exists():
            begun = time.perf_counter()
            for done in build(folder, args.episodes):
                print(f"wrote {done} episodes, {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        with StoreReader(folder / "run") as reader:
            result["rows_by_table"] = reader.counts()
        with asking(folder / "run") as ask:
            every = loads(folder, args.episodes, ask)
            result["first_ms"] = {what: time_ms(ours) for what, (ours, _, _) in every.items()}
            rows = measure(every, rounds=args.rounds, json_rounds=args.json_rounds)
    result["rows"] = [asdict(row) for row in rows]
    out = REPOSITORY / args.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    slowest = max(result["first_ms"].items(), key=lambda pair: float(pair[1]))
    told = f"slowest first answer: {slowest[0]}, {slowest[1]:,.0f} ms"
    print(f"\n{machine.heading(result)}\n\n{table(rows)}\n\n{told}\nsaved as {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
