"""The reward terms of a recipe, opened: layers of a recorded run, or scorers that judge what was just rolled out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clickwright.envs.surface import Frame
from clickwright.errors import ConfigError
from clickwright.rl.advantages import Group
from clickwright.rl.feedback_sections import LayerReward, ScoredReward
from clickwright.rl.recipe import form_of, scorer_of
from clickwright.rl.recordings import Recordings
from clickwright.rl.rewards.forms.base import Form
from clickwright.rl.rewards.gate import admit_layer, admit_scorer
from clickwright.rl.rewards.mixing import Mixed, Term, mix
from clickwright.rl.rewards.schedules import Schedule, value_at
from clickwright.rl.rewards.scorers.base import Need, Scorer
from clickwright.rl.rewards.scoring import keep, score_groups
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader

MIXED = "reward.mixed"
"""Layer of the rewards that training used; the environment's own stay in the records."""


def layer_terms(recordings: Recordings, rewards: Sequence[LayerReward]) -> list[Term]:
    """The terms of a recorded run.

    Raises:
        UnknownNameError: A layer is not there.
        ConfigError: A layer may not touch a reward; says why.
    """
    terms = []
    for reward in rewards:
        form = form_of(reward)
        layer = admit_layer(recordings.run, reward, form)
        name = f"{layer.name}@{layer.version}"
        terms.append(Term(name=name, weight=reward.weight, form=form, values=recordings.read(name)))
    return terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A scorer at work in a training.

    Attributes:
        name: Of its layer.
        weight: Of its term, or how it changes.
        scorer: Who scores.
        form: What is made of the scores.
    """

    name: str
    weight: float | Schedule
    scorer: Scorer
    form: Form


def judges(rewards: Sequence[ScoredReward], *, frames: bool, codec: str = "canonical") -> list[Judge]:
    """Build the scorers of a training and refuse those that may not touch its reward.

    Args:
        rewards: The recipe's terms.
        frames: Whether every step keeps its frame.
        codec: The language of the policy.

    Raises:
        UnknownNameError: The run of demonstrations that one reads is not there.
        ConfigError: One may not, would see nothing, or would write the layer of another; says why.
    """
    found: list[Judge] = []
    for reward in rewards:
        scorer, form = scorer_of(reward), form_of(reward)
        admit_scorer(reward, scorer, form)
        if Need.IMAGE in scorer.needs and not frames:
            raise ConfigError(f'{scorer.name} looks at screens: set record.frames = "all"')
        if scorer.codecs and codec not in scorer.codecs:
            raise ConfigError(
                f"{scorer.name} reads what agents say in {', '.join(sorted(scorer.codecs))}, and agent.codec is "
                f"{codec!r}: nothing that this policy says would be in form"
            )
        for run in _demonstrations(scorer.settings()):
            StoreReader(run).close()
        if any(judge.name == scorer.name for judge in found):
            raise ConfigError(f"train.rewards names the scorer {scorer.name} twice")
        found.append(Judge(name=scorer.name, weight=reward.weight, scorer=scorer, form=form))
    return found


def _demonstrations(settings: Mapping[str, Any]) -> Iterator[str]:
    """The runs that a scorer, or one that it combines, reads what is right from."""
    if run := settings.get("demonstrations"):
        yield str(run)
    for part in settings.get("terms", ()):
        yield from _demonstrations(part["settings"])


def judge_groups(
    judges: Sequence[Judge],
    groups: Sequence[Group],
    *,
    layers: Layers,
    frame: Callable[[str], Frame | None],
    iteration: int | None = None,
    own_weight: float | Schedule = 1.0,
) -> Mixed:
    """Let every scorer judge, keep what it said, and mix it with the environment's rewards, which are kept too.

    What it says of replayed episodes, those of other iterations, counts and is not kept: it had its say when they were
    new.

    Args:
        judges: Who scores.
        groups: What was rolled out.
        layers: Where what is said goes.
        frame: Finds an image by its hash.
        iteration: Iterations of training done; ``None`` outside of one.
        own_weight: What the environment's own rewards count.
    """
    terms, trouble = [], dict[str, float]()
    fresh = {one.id for group in groups for one in group.episodes if iteration in (None, one.iteration)}
    for judge in judges:
        scored = score_groups(judge.scorer, [group.episodes for group in groups], frame=frame)
        keep(layers, judge.name, 1, judge.scorer, scored.of(fresh))
        weight = value_at(judge.weight, iteration or 0)
        terms.append(Term(name=judge.name, weight=weight, form=judge.form, values=dict(scored.values)))
        trouble[f"reward/{judge.name}_invalid"] = float(len(scored.trouble))
        for part, values in scored.parts.items():
            trouble[f"reward/{judge.name}.{part}_value"] = sum(values.values()) / len(values)
    mixed = mix(groups, terms, own_weight=value_at(own_weight, iteration or 0))
    return replace(mixed, metrics={**mixed.metrics, **trouble})
