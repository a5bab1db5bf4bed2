"""What a reader says of rows and steps: the plain forward pass's numbers, and no reference is asked for them."""

from __future__ import annotations

import pytest
import torch

from clickwright.agents.sampling import log_distribution, sequence_logprobs
from clickwright.rl.batching import Row
from clickwright.rl.losses import LOSSES
from clickwright.rl.reading import Reader, UpdatePlan
from clickwright.trajectories.records import Step
from tests.rl.models import tiny_model

ROWS = [((3, 4, 5), (6, 7)), ((9,), (8, 7, 6, 5)), ((3, 4, 5, 6), (2,))]
BANNED = (0, 13)


def reader() -> Reader:
    plan = UpdatePlan(micro_tokens=6, temperature=0.7, banned_ids=BANNED)
    return Reader(tiny_model().eval(), None, LOSSES.build("ppo", {"kl_coef": 0.1}), plan=plan)


def test_log_probabilities_are_those_of_the_plain_pass_whatever_the_loss_needs() -> None:
    made = reader()
    found = made.logprobs_of([Row(prompt_ids=prompt, completion_ids=said) for prompt, said in ROWS])
    for (prompt, said), logprobs in zip(ROWS, found, strict=True):
        expected = sequence_logprobs(made.model, prompt, said, temperature=0.7, banned_ids=BANNED)
        assert logprobs.tolist() == pytest.approx(expected, abs=1e-5)
    assert made.logprobs_of([]) == []


def test_entropies_are_those_of_the_whole_distribution() -> None:
    made = reader()
    steps = [Step(t=0, state_key="s", prompt_ids=prompt, completion_ids=said) for prompt, said in ROWS]
    for (prompt, said), found in zip(ROWS, made.entropies_of(steps), strict=True):
        with torch.no_grad():
            logits = made.model(input_ids=torch.tensor([[*prompt, *said]])).logits[0, len(prompt) - 1 : -1]
        shares = log_distribution(logits, temperature=0.7, banned=torch.tensor(BANNED)).exp()
        expected = [-(row[row > 0] * row[row > 0].log()).sum().item() for row in shares]
        assert list(found) == pytest.approx(expected, abs=1e-5)
    assert made.entropies_of([]) == []
