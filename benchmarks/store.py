"""``python -m benchmarks.store``: how fast a run of 100,000 episodes opens, beside the same episodes as JSON files.

The store is opened anew for every measurement, as a command does; the operating system keeps its files in memory for
both sides alike.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from benchmarks import machine
from benchmarks.json_files import JsonFiles
from benchmarks.rounds import REPOSITORY
from benchmarks.store_load import RARE, TASKS, VOCABULARY, build, make_episode
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader

RESULT = Path("benchmarks/results/store.json")
LIST_MS, EPISODE_MS, SEARCH_MS = 1000.0, 200.0, 200.0
PAGE = 50
COMMON = VOCABULARY[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was done, on both sides.

    Attributes:
        what: What.
        times_ms: Of the store, one per round.
        json_times_ms: Of the JSON files; empty where they have nothing like it.
        budget_ms: At most so long; 0 where no budget was set.
    """

    what: str
    times_ms: tuple[float, ...]
    json_times_ms: tuple[float, ...]
    budget_ms: float


Load = tuple[Callable[[], object], Callable[[], object] | None, float]
"""What is done on the store, on the JSON files (``None`` where they have nothing like it), and the budget in ms."""


def loads(folder: Path, count: int) -> dict[str, Load]:
    """What is measured: on the store, on the JSON files, and the budget."""
    rng = Random(1)
    run = folder / "run"
    files = JsonFiles(folder, count, PAGE)

    def with_reader(look: Callable[[StoreReader], object]) -> Callable[[], object]:
        def opened() -> object:
            with StoreReader(run) as reader:
                return look(reader)

        return opened

    def episode_with_layers(reader: StoreReader) -> object:
        name = f"e{rng.randrange(count):06}"
        return reader.episode(name), Layers(run).read("advantage", 1, episode_id=name)

    def search(query: str, **filters: Any) -> Callable[[], object]:
        return with_reader(lambda reader: reader.search(query, limit=PAGE, **filters))

    a, b = VOCABULARY[40], VOCABULARY[300]
    phrase = " ".join(str(make_episode(count // 2).steps[0].action["target"]["name"]).split())
    return {
        "list: newest page": (with_reader(lambda r: r.episodes(order="newest", limit=PAGE)), files.best, LIST_MS),
        "list: page in the middle": (
            with_reader(lambda r: r.episodes(order="newest", limit=PAGE, after=count // 2)), None, LIST_MS,
        ),
        "list: best first": (with_reader(lambda r: r.episodes(order="best", limit=PAGE)), files.best, LIST_MS),
        "list: one task, failures": (
            with_reader(lambda r: r.episodes(order="newest", limit=PAGE, task=TASKS[3], success=False)), None, LIST_MS,
        ),
        "list: facets": (with_reader(lambda r: r.facets()), None, LIST_MS),
        "episode": (
            with_reader(lambda r: r.episode(f"e{rng.randrange(count):06}")),
            lambda: files.episode(rng.randrange(count)),
            EPISODE_MS,
        ),
        "episode and its layer": (with_reader(episode_with_layers), None, EPISODE_MS),
        "search: a rare word": (search(RARE), lambda: files.search(RARE), SEARCH_MS),
        "search: the most common word": (search(COMMON), lambda: files.search(COMMON), SEARCH_MS),
        "search: two words": (search(f"{a} {b}"), None, SEARCH_MS),
        "search: a phrase": (search(f'"{phrase}"'), None, SEARCH_MS),
        "search: the beginning of a word": (search(f"{RARE[:5]}*"), None, SEARCH_MS),
        "search: a common word in one task's failures": (
            search(COMMON, task=TASKS[3], success=False), None, SEARCH_MS,
        ),
        "search: nothing": (search("zzzz"), lambda: files.search("zzzz"), SEARCH_MS),
    }  # fmt: skip


def time_ms(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    begun = time.perf_counter()
    call()
    return round(1000 * (time.perf_counter() - begun), 3)


def measure(every: Mapping[str, Load], *, rounds: int, json_rounds: int) -> list[Row]:
    """Every load in turn, again and again; the first call of each is not counted."""
    times: dict[str, list[float]] = {what: [] for what in every}
    beside: dict[str, list[float]] = {what: [] for what in every}
    for round_number in range(rounds + 1):
        for what, (ours, theirs, _) in every.items():
            elapsed = time_ms(ours)
            if round_number:
                times[what].append(elapsed)
            if theirs is not None and 0 < round_number <= json_rounds:
                beside[what].append(time_ms(theirs))
        print(f"round {round_number}/{rounds}", file=sys.stderr)
    return [
        Row(what=what, times_ms=tuple(times[what]), json_times_ms=tuple(beside[what]), budget_ms=budget)
        for what, (_, _, budget) in every.items()
    ]


def table(rows: list[Row]) -> str:
    """The result for a terminal: medians over the rounds."""
    lines = [f"{'':46}{'median ms':>10}{'worst ms':>10}{'JSON ms':>11}{'ratio':>10}  budget"]
    for row in rows:
        middle = median(row.times_ms)
        theirs = median(row.json_times_ms) if row.json_times_ms else 0.0
        beside = f"{theirs:11,.1f}{theirs / middle:9,.1f}x" if theirs else " " * 21
        held = "ok" if middle <= row.budget_ms else "MISSED"
        verdict = f"at most {row.budget_ms:,.0f} ms: {held}" if row.budget_ms else "none"
        lines.append(f"{row.what:46}{middle:10,.1f}{max(row.times_ms):10,.1f}{beside}  {verdict}")
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--episodes", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json-rounds", type=int, default=1, help="a look at every JSON file takes a while")
    parser.add_argument("--folder", type=Path, help="where to build the run, or where it was built (default: for now)")
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args(argv)
    result: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks.store", *argv]),
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
            result["store_bytes"] = reader.path.stat().st_size
        rows = measure(loads(folder, args.episodes), rounds=args.rounds, json_rounds=args.json_rounds)
    result["rows"] = [asdict(row) for row in rows]
    out = REPOSITORY / args.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\n{machine.heading(result)}\n\n{table(rows)}\n\nsaved as {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
