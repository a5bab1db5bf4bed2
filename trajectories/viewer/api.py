"""The addresses that answer with JSON: parameters checked, one call into the views, errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clickwright.errors import ConfigError
from clickwright.trajectories.annotations.models import Kind
from clickwright.trajectories.viewer import episodes, find, labels, pictures, replays
from clickwright.trajectories.viewer import groups as grouping
from clickwright.trajectories.viewer import tried as trying
from clickwright.trajectories.viewer.query import HAS, KEYS
from clickwright.trajectories.viewer.source import Source

MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class Params:
    """What stands after the question mark of an address."""

    given: Mapping[str, str]

    def text(self, name: str, default: str | None = None) -> str:
        """A parameter.

        Raises:
            ConfigError: It is missing and has no default.
        """
        value = self.given.get(name, default)
        if value is None:
            raise ConfigError(f"the parameter {name!r} is missing")
        return value

    def integer(self, name: str, default: int | None = None, *, low: int = 0, high: int = 2**53) -> int:
        """A whole number between two others.

        Raises:
            ConfigError: It is missing, is none, or out of range.
        """
        text = self.text(name, None if default is None else str(default))
        if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20 and low <= int(text) <= high):
            raise ConfigError(f"{name}={text[:40]!r}: a whole number from {low} to {high} is expected")
        return int(text)

    def flag(self, name: str) -> bool:
        """Whether a parameter is ``1``."""
        return self.given.get(name) == "1"


def _blind(source: Source, params: Params) -> bool:
    return source.settings.blind or params.flag("blind")


def _me(source: Source, params: Params) -> str:
    return params.text("author", source.settings.author)


def run(source: Source, params: Params) -> dict[str, Any]:
    """What the run is and what the page may do."""
    settings, reader = source.settings, source.survey
    recipe = reader.run_meta().get("recipe")
    return {
        "name": source.name,
        "recipe": recipe.get("name") if isinstance(recipe, Mapping) else recipe,
        "author": settings.author,
        "read_only": settings.read_only,
        "blind": settings.blind,
        "live": reader.live_session() > 0,
        "num_episodes": reader.query("SELECT count(*) FROM episodes")[0][0],
        "num_groups": reader.query("SELECT count(DISTINCT group_id) FROM episodes WHERE group_id <> ''")[0][0],
        "has_metrics": settings.metrics is not None and bool(settings.metrics()),
        "decodes": settings.decode is not None,
        "layers": [
            {"name": layer.name, "version": layer.version, "producer": layer.producer, "num_values": layer.num_values}
            for layer in source.layers()
        ],
        "keys": KEYS,
        "has": HAS,
        "orders": tuple(find.ORDERS),
        "tags": sorted({str(one.value) for one in source.said() if one.kind is Kind.TAG}),
    }


def episode_page(source: Source, params: Params) -> dict[str, Any]:
    """A page of the list."""
    return find.page(
        source,
        params.text("q", ""),
        order=params.text("order", "newest"),
        after=params.text("after", ""),
        limit=params.integer("limit", 60, low=1, high=MAX_PAGE),
        me=_me(source, params),
    )


def facets(source: Source, params: Params) -> dict[str, Any]:
    """Counts of what a query line finds."""
    return find.facets(source, params.text("q", ""), me=_me(source, params))


def episode(source: Source, params: Params) -> dict[str, Any]:
    """An episode."""
    identity = params.text("id")
    return episodes.episode_json(source, identity, author=_me(source, params), blind=_blind(source, params))


def prompt(source: Source, params: Params) -> dict[str, Any]:
    """A prompt as it was sent."""
    return episodes.prompt_json(source, params.text("id"), params.integer("t"))


def groups(source: Source, params: Params) -> dict[str, Any]:
    """A page of groups."""
    after = params.integer("after") if "after" in params.given else None
    limit = params.integer("limit", 60, low=1, high=MAX_PAGE)
    found = grouping.groups_json(source, params.text("q", ""), after=after, limit=limit)
    if _blind(source, params):
        for group in found["groups"]:
            for name in ("scores", "successes", "num_success", "iteration"):
                del group[name]
    return found


def group(source: Source, params: Params) -> dict[str, Any]:
    """A group."""
    return grouping.group_json(source, params.text("id"), blind=_blind(source, params))


def compare(source: Source, params: Params) -> dict[str, Any]:
    """Two episodes."""
    return episodes.compare_json(
        source, params.text("a"), params.text("b"), author=_me(source, params), blind=_blind(source, params)
    )


def tried(source: Source, params: Params) -> dict[str, Any]:
    """The actions that were tried in the state of a step."""
    return trying.tried_json(source, params.text("id"), params.integer("t"), blind=_blind(source, params))


def replay(source: Source, params: Params) -> dict[str, Any]:
    """What replaying an episode came to; hidden from who judges blind."""
    identity = source.reader.head(params.text("id")).episode.id
    return {"replay": None} if _blind(source, params) else replays.replay_json(source.replays, identity)


def difference(source: Source, params: Params) -> dict[str, Any]:
    """Where two frames differ."""
    return pictures.difference(source, params.text("a"), params.text("b"))


def queues(source: Source, params: Params) -> dict[str, Any]:
    """All queues."""
    return labels.queues_json(source, author=_me(source, params), seed=params.integer("seed", 0))


def queue(source: Source, params: Params) -> dict[str, Any]:
    """The next items of a queue."""
    return labels.queue_json(
        source,
        params.text("name"),
        author=_me(source, params),
        seed=params.integer("seed", 0),
        limit=params.integer("limit", 20, low=1, high=MAX_PAGE),
    )


def agreement(source: Source, params: Params) -> dict[str, Any]:
    """How far people agree."""
    return labels.agreement_json(source)


def metrics(source: Source, params: Params) -> dict[str, Any]:
    """Lines of the training's metrics from one on; ``epoch`` changes when earlier lines were taken back."""
    rows = list(source.settings.metrics()) if source.settings.metrics else []
    start = params.integer("start", 0)
    return {
        "rows": rows[start:],
        "start": start,
        "total": len(rows),
        "epoch": sum(row.get("event") == "resume" for row in rows),
    }


GETS: Mapping[str, Callable[[Source, Params], dict[str, Any]]] = {
    "run": run, "episodes": episode_page, "facets": facets, "episode": episode, "prompt": prompt, "groups": groups,
    "group": group, "compare": compare, "tried": tried, "replay": replay, "difference": difference, "queues": queues,
    "queue": queue, "agreement": agreement, "metrics": metrics,
}  # fmt: skip
"""What is read, by the name after ``/api/``."""

POSTS: Mapping[str, Callable[[Source, object], dict[str, Any]]] = {
    "annotations": labels.add, "undo": labels.undo, "action": labels.action_json,
}  # fmt: skip
"""What is sent, by the name after ``/api/``."""
