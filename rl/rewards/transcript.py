"""An episode as one text, as the agents that search write it: what was said, and what came back, in tags."""

from __future__ import annotations

from collections.abc import Iterable

from clickwright.trajectories.records import Episode

LONGEST = 200_000
"""Characters of a transcript that are looked at."""

_LEFT_OPEN = ("search", "answer", "python")


def transcript(episode: Episode, *, result: str) -> str:
    """What an episode's policy said, and between two steps what it saw then.

    What it saw cannot pass for a tag. A tag that was left open because generation stopped there is closed.

    Args:
        episode: The episode.
        result: Tag of what came back.
    """
    return "\n".join(_parts(episode, result))[:LONGEST]


def _parts(episode: Episode, result: str) -> Iterable[str]:
    for place, step in enumerate(episode.steps):
        if place:
            yield f"<{result}>{step.text.replace('<', '(')}</{result}>"
        yield closed(step.raw)


def closed(text: str) -> str:
    """A text with the end of its last tag.

    Example:
        >>> closed("<search>first man on the moon")
        '<search>first man on the moon</search>'
    """
    for tag in _LEFT_OPEN:
        if text.rfind(f"<{tag}>") > text.rfind(f"</{tag}>"):
            return f"{text}</{tag}>"
    return text
