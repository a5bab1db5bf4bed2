"""What the episode, group and compare views are made of."""

from __future__ import annotations

from typing import Any

from clickwright.errors import ConfigError
from clickwright.trajectories.packing import unpack_text
from clickwright.trajectories.records import Episode
from clickwright.trajectories.viewer import shapes
from clickwright.trajectories.viewer.source import Source
from clickwright.trajectories.viewer.tree import shared_steps, tree_json


def episode_json(source: Source, episode_id: str, *, author: str, blind: bool) -> dict[str, Any]:
    """An episode with its steps, its layers and what was said of it.

    Args:
        source: The run.
        episode_id: Which.
        author: Who looks; in blind mode, the only one whose words are shown.
        blind: Whether to leave out what would sway a judge.

    Raises:
        UnknownNameError: There is no such episode.
        DamagedFileError: Part of it cannot be read.
    """
    head, episode = source.reader.head(episode_id), source.reader.episode(episode_id)
    layers = source.layers_of(episode)
    decode = source.settings.decode
    steps = [shapes.step_json(step, layers.get(step.t, {}), decode=decode) for step in episode.steps]
    said = [one for one in source.book.current(episode_id) if not blind or one.author == author]
    header = shapes.head_json(head)
    return {
        "head": shapes.blinded_head(header) if blind else header,
        "steps": [shapes.blinded_step(step) for step in steps] if blind else steps,
        "final": shapes.final_json(episode),
        "layers": {} if blind else layers.get(None, {}),
        "said": [shapes.said_json(one) for one in said],
        "sizes": frame_sizes(source, episode),
        "neighbours": neighbours(source, head.number),
        "blind": blind,
    }


def frame_sizes(source: Source, episode: Episode) -> dict[str, tuple[int, int]]:
    """Width and height of every stored frame of an episode, by its hash; what is not here was not recorded."""
    hashes = {step.frame_sha256 for step in episode.steps} | {str(episode.final.get("frame_sha256", ""))}
    wanted = sorted(hashes - {""})
    marks = ", ".join("?" * len(wanted))
    found = source.reader.query(f"SELECT sha256, width_px, height_px FROM frames WHERE sha256 IN ({marks})", wanted)
    return {sha256: (width, height) for sha256, width, height in found}


def neighbours(source: Source, number: int) -> dict[str, str | None]:
    """Ids of the episodes recorded before and after one."""
    found = source.reader.query(
        "SELECT (SELECT id FROM episodes WHERE number < ?1 ORDER BY number DESC LIMIT 1), "
        "(SELECT id FROM episodes WHERE number > ?1 ORDER BY number LIMIT 1)",
        (number,),
    )[0]
    return {side: unpack_text(value) or None for side, value in zip(("before", "after"), found, strict=True)}


def prompt_json(source: Source, episode_id: str, t: int) -> dict[str, Any]:
    """The prompt of a step as it was sent: its tokens in order.

    Raises:
        UnknownNameError: No such episode or step.
    """
    step = source.step(episode_id, t)
    decode = source.settings.decode
    return {
        "num_tokens": len(step.prompt_ids),
        "decoded": decode is not None,
        "pieces": shapes.pieces_of(step.prompt_ids, decode),
    }


def compare_json(source: Source, a: str, b: str, *, author: str, blind: bool) -> dict[str, Any]:
    """Two episodes beside each other.

    Raises:
        ConfigError: They are the same.
        UnknownNameError: One of them does not exist.
    """
    if a == b:
        raise ConfigError("an episode cannot be compared with itself: name two")
    one, two = source.reader.episode(a), source.reader.episode(b)
    meeting = [
        (first.t, second.t)
        for first in one.steps
        for second in two.steps
        if first.state_key and first.state_key == second.state_key
    ]
    return {
        "a": episode_json(source, a, author=author, blind=blind),
        "b": episode_json(source, b, author=author, blind=blind),
        "shared_t": shared_steps(one, two),
        "meeting": meeting[:2000],
        "tree": tree_json(source, one, two, blind=blind),
    }
