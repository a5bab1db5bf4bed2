"""Thought dropout: the share that loses its thought, what is left of those, and where there is nothing to drop."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from clickwright.agents.codecs import get_codec
from clickwright.agents.codecs.canonical import CanonicalCodec
from clickwright.agents.codecs.turn import Draft
from clickwright.agents.prompts import PromptBuilder
from clickwright.agents.tiny import train_tokenizer
from clickwright.errors import ConfigError
from clickwright.rl.batching import Row
from clickwright.rl.recipe import Recipe
from clickwright.rl.recorded_rows import Writer
from clickwright.rl.thought_dropout import drop_thoughts, has_thoughts
from tests.rl.doors import DOORS_ID


class Silent(CanonicalCodec):
    """A dialect that has no room for thoughts."""

    name: ClassVar[str] = "silent"

    def encode(self, action: Any, thought: str = "", *, image: Any = None) -> str:
        """Write an action alone."""
        return super().encode(action, "", image=image)

    def read(self, draft: Draft) -> None:
        """Read an action alone."""
        draft.text = draft.text.removeprefix("think: ")
        super().read(draft)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer(["think: the door is red\nclick [1]", "<think>\nso\n</think>\nclick('1')"], vocab_size=300)


def writer(tokenizer: Any, codec: str = "canonical", *, longest: int = 64) -> Writer:
    prompts = PromptBuilder(lambda text: tuple(tokenizer(text)["input_ids"]), max_tokens=200)
    return Writer(prompts=prompts, tokenizer=tokenizer, codec=get_codec(codec), max_new_tokens=longest)


def rows(made: Writer, *texts: str) -> list[Row]:
    found = [Row(prompt_ids=(5,), completion_ids=made.tokens(text) or ()) for text in texts]
    assert all(row.completion_ids for row in found)
    return found


@pytest.mark.parametrize(
    ("codec", "said", "bare"),
    [
        ("canonical", "think: the door is red\nclick [1]", "click [1]"),
        ("browsergym", "<think>\nso\n</think>\n<action>\nclick('1')\n</action>", "click('1')"),
    ],
)
def test_what_is_left_is_the_action_in_the_dialects_words(tokenizer: Any, codec: str, said: str, bare: str) -> None:
    made = writer(tokenizer, codec)
    found = drop_thoughts(rows(made, said, bare), 1.0, writer=made, rng=np.random.default_rng(0))
    assert [made.text(row.completion_ids) for row in found.rows] == [bare, bare]
    assert found.rows[0].completion_ids[-1] == tokenizer.eos_token_id
    assert (found.num_thoughts, found.num_dropped) == (1, 1)


def test_the_share_is_the_probability_and_a_seed_repeats_it(tokenizer: Any) -> None:
    made = writer(tokenizer)
    given = rows(made, "think: the door is red\nclick [1]") * 400
    found = [drop_thoughts(given, 0.5, writer=made, rng=np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert found[0].rows == found[1].rows != found[2].rows
    assert found[0].num_dropped == pytest.approx(200, abs=40)
    assert found[0].num_thoughts == 400
    assert drop_thoughts(given, 0.0, writer=made, rng=np.random.default_rng(0)).rows == given


def test_where_no_demonstration_has_a_thought_the_setting_is_refused(tokenizer: Any) -> None:
    made = writer(tokenizer)
    with pytest.raises(ConfigError, match="none of the 1 demonstrations has a thought"):
        drop_thoughts(rows(made, "click [1]"), 0.5, writer=made, rng=np.random.default_rng(0))


def test_what_is_no_action_keeps_its_thought(tokenizer: Any) -> None:
    made = writer(tokenizer)
    given = rows(made, "think: the door is red\nopen sesame")
    found = drop_thoughts(given, 1.0, writer=made, rng=np.random.default_rng(0))
    assert (found.rows, found.num_thoughts, found.num_dropped) == (given, 1, 0)


def test_which_dialects_have_thoughts() -> None:
    assert has_thoughts(get_codec("react"))
    assert has_thoughts(get_codec("hermes"))
    assert not has_thoughts(Silent())


def test_a_recipe_that_has_nothing_to_drop_is_refused() -> None:
    tables = {"name": "x", "env": {"tasks": (DOORS_ID,)}}
    with pytest.raises(ConfigError, match="oracles do not think aloud"):
        Recipe.model_validate(tables | {"warm_start": {"thought_dropout": 0.5}}).check()
    recorded = {"thought_dropout": 0.5, "episodes_per_task": 0, "recorded": {"run": str(Path("run"))}}
    Recipe.model_validate(tables | {"warm_start": recorded}).check()
