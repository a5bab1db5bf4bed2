"""From recorded steps to rows of the policy that is trained: its prompt, and what was said or should have been."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from clickwright.agents.codecs import get_codec
from clickwright.agents.codecs.base import Codec
from clickwright.agents.codecs.say import demonstrated, say
from clickwright.agents.codecs.turn import Part
from clickwright.agents.prompts import Prompts
from clickwright.agents.scripted import with_names
from clickwright.agents.slices import starts_of_texts
from clickwright.envs.actions import ACTION
from clickwright.rl.batching import Row
from clickwright.rl.feedback_sections import Keep, Recorded
from clickwright.rl.recordings import Recordings
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.annotations.models import Label
from clickwright.trajectories.records import Episode, Step

WRONG = (Label.BAD, Label.REDUNDANT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes recorded steps in the policy's tokens.

    Attributes:
        prompts: Builds its prompts.
        tokenizer: Its tokenizer.
        codec: The language it speaks.
        max_new_tokens: Longest completion, end token included.
        banned_ids: Ids it can never say.
        label_refs: Whether corrected actions name the element beside its number, as in ``click "Ok" [3]``.
    """

    prompts: Prompts
    tokenizer: Any
    codec: Codec
    max_new_tokens: int
    banned_ids: frozenset[int] = frozenset()
    label_refs: bool = True

    @classmethod
    def of(cls, work: Workspace, *, label_refs: bool) -> Self:
        """A writer for the policy of a run."""
        return cls(
            prompts=work.prompts,
            tokenizer=work.tokenizer,
            codec=get_codec(work.recipe.agent.codec),
            max_new_tokens=work.recipe.rollout.max_new_tokens,
            banned_ids=frozenset(work.policy.banned_ids),
            label_refs=label_refs,
        )

    def prompt(self, episode: Episode, step: Step) -> tuple[int, ...]:
        """The prompt of a step: the ids that were read, where this tokenizer made them, or one built like it."""
        if self.sampled_here(step) and len(step.prompt_ids) <= self.prompts.max_tokens:
            return step.prompt_ids
        before = [earlier for earlier in episode.steps if earlier.t < step.t]
        built = self.prompts.build(
            goal=episode.goal, page=step.text, error=step.error, history=before, codec=self.codec
        )
        return built.token_ids

    def sampled_here(self, step: Step) -> bool:
        """Whether a step's ids are of this tokenizer."""
        if not step.completion_ids or not step.prompt_ids:
            return False
        return self._text(step.completion_ids) == step.raw

    def said(self, step: Step) -> tuple[int, ...] | None:
        """What was said at a step; ``None`` where the policy could not say it."""
        if self.sampled_here(step):
            return self._sayable(step.completion_ids)
        return self.tokens(demonstrated(self.codec, step))

    def corrected(self, step: Step, correction: Mapping[str, Any]) -> tuple[int, ...] | None:
        """What should have been said at a step; ``None`` where the policy could not say it."""
        action = ACTION.validate_python(correction["action"])
        if self.label_refs:
            action = with_names(action, step.elements)
        return self.tokens(say(self.codec, action, thought=str(correction.get("thought") or "")))

    def stage(self, ids: Sequence[int], part: Part) -> tuple[int, int] | None:
        """Where a part of an answer stands among its tokens, end mark aside; ``None`` where it has no such part."""
        text = self._text(ids)
        spans = [span for span in self.codec.decode(text).spans if span.part is part]
        if not spans:
            return None
        starts = starts_of_texts(text, (self._text(ids[:number]) for number in range(len(ids))))
        first, stop = bisect_left(starts, spans[0].start), bisect_left(starts, spans[-1].end)
        return (first, stop) if first < stop else None

    def _text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def tokens(self, text: str | None) -> tuple[int, ...] | None:
        """A text as a completion with its end token."""
        if not text:
            return None
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return self._sayable((*ids, self.tokenizer.eos_token_id))

    def _sayable(self, ids: tuple[int, ...]) -> tuple[int, ...] | None:
        return ids if len(ids) <= self.max_new_tokens and not self.banned_ids.intersection(ids) else None


@dataclass(slots=True, kw_only=True)
class RecordedRows:
    """Demonstrations out of a run.

    Attributes:
        rows: The rows.
        counts: How many steps were used for which reason, and how many were left out for which.
    """

    rows: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def recorded_rows(section: Recorded, recordings: Recordings, writer: Writer) -> RecordedRows:
    """Choose steps and write them as rows; where a step was corrected, the correction is what is taught.

    Args:
        section: What is chosen.
        recordings: The run.
        writer: Writes a step as a row.

    Raises:
        UnknownNameError: A layer that is needed is not there.
        ConfigError: No step is left.
    """
    asked = Keep.GOOD in section.keep or "labels" in section.model_fields_set
    labels = recordings.read(section.labels, needed=asked)
    corrections = recordings.corrections(section.corrections) if Keep.CORRECTED in section.keep else {}
    found, unused = RecordedRows(), set(corrections)
    for episode in recordings:
        for step in episode.steps:
            place = (episode.id, step.t)
            unused.discard(place)
            reason = _reason(section, episode, labels.get(place), corrected=place in corrections)
            if reason is None:
                continue
            correct = reason is Keep.CORRECTED
            said = writer.corrected(step, corrections[place]) if correct else writer.said(step)
            if said is None or (not correct and not step.action_valid):
                found.counts["unsayable" if said is None else "invalid"] += 1
                continue
            row = Row(prompt_ids=writer.prompt(episode, step), completion_ids=said)
            found.rows += [row] * (section.corrected_repeat if correct else 1)
            found.counts[str(reason)] += 1
    found.counts["unused_corrections"] = len(unused)
    if not found.rows:
        long = found.counts["unsayable"]
        left_out = f", but for {long} that the policy cannot say in rollout.max_new_tokens = {writer.max_new_tokens}"
        raise recordings.nothing(f"no step that is kept for {' or '.join(section.keep)}{left_out if long else ''}")
    return found


def _reason(section: Recorded, episode: Episode, label: object, *, corrected: bool) -> Keep | None:
    """Why a step is used; ``None`` when it is not."""
    if corrected:
        return Keep.CORRECTED
    if label in WRONG:
        return None
    if Keep.GOOD in section.keep and label == Label.GOOD:
        return Keep.GOOD
    return Keep.SUCCESS if Keep.SUCCESS in section.keep and episode.success else None
