"""TON's thought dropout: part of the demonstrations lose their thought, so that RL can find out when to think.

A demonstration with a thought is shown without it with probability ``warm_start.thought_dropout``, drawn once for each
row. Without a thought it is what the dialect says of the action alone, which is how its thoughtless answers look; TON's
own dialect keeps an empty pair of tags.

Source: Wang et al., "Think or Not?" (arXiv 2505.16854); kokolerk/TON README (probability 0.5).
Unchecked: whether the original draws anew in every epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from clickwright.agents.codecs import get_codec
from clickwright.agents.codecs.base import Codec
from clickwright.agents.codecs.say import say
from clickwright.envs.actions import Click, Finish, Invalid, Ref, Search
from clickwright.errors import ConfigError
from clickwright.rl.batching import Row

if TYPE_CHECKING:
    from clickwright.rl.recipe import WarmStart
    from clickwright.rl.recorded_rows import Writer

COMMON = (Click(target=Ref(ref=1)), Finish(), Search(query="a"))
"""Actions of which every dialect that reads text has words for one."""


def has_thoughts(codec: Codec) -> bool:
    """Whether a dialect has room for a thought before an action.

    Example:
        >>> has_thoughts(get_codec("canonical"))
        True
    """
    said = (codec.encode(action, "why") for action in COMMON if codec.expressible(action))
    return any(codec.decode(text).thought == "why" for text in said)


def check_thought_dropout(section: WarmStart, codec: str) -> None:
    """Refuse to drop thoughts where there can be none.

    Raises:
        ConfigError: The dialect has no thoughts, or nothing gives any.
    """
    if not section.thought_dropout:
        return
    if not has_thoughts(get_codec(codec)):
        raise ConfigError(
            f"warm_start.thought_dropout = {section.thought_dropout:g}, and answers in agent.codec = {codec!r} have no "
            "thoughts: set it to 0, or take a codec with thoughts"
        )
    if section.recorded is None:
        raise ConfigError(
            f"warm_start.thought_dropout = {section.thought_dropout:g}, and oracles do not think aloud: set it to 0, "
            "or give [warm_start.recorded] a run whose answers have thoughts"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinned:
    """Rows, part of which have lost their thought.

    Attributes:
        rows: As many as before, in their order.
        num_thoughts: Rows that had one.
        num_dropped: Rows that lost it.
    """

    rows: list[Row]
    num_thoughts: int
    num_dropped: int


def drop_thoughts(rows: Sequence[Row], probability: float, *, writer: Writer, rng: np.random.Generator) -> Thinned:
    """Take the thought out of some demonstrations.

    A row whose action could not be said without it, or that holds none, stays as it is.

    Args:
        rows: Demonstrations.
        probability: Of each thought to be dropped.
        writer: Writes in the policy's tokens.
        rng: One number is drawn for every row.

    Raises:
        ConfigError: No row has a thought.
    """
    drawn = rng.random(len(rows)) < probability
    result, num_thoughts, num_dropped = list[Row](), 0, 0
    for row, dropped in zip(rows, drawn.tolist(), strict=True):
        turn = writer.codec.decode(writer.text(row.completion_ids))
        num_thoughts += bool(turn.thought)
        acts = turn.thought and dropped and not isinstance(turn.action, Invalid)
        bare = writer.tokens(say(writer.codec, turn.action)) if acts else None
        num_dropped += bare is not None
        result.append(row if bare is None else replace(row, completion_ids=bare))
    if not num_thoughts:
        raise ConfigError(
            f"warm_start.thought_dropout = {probability:g}, and none of the {len(rows)} demonstrations has a thought: "
            "set it to 0, or imitate a run whose answers have thoughts"
        )
    return Thinned(rows=result, num_thoughts=num_thoughts, num_dropped=num_dropped)
