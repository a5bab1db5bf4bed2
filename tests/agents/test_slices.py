"""Which token belongs to which action, to the byte."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from clickwright.agents import tiny
from clickwright.agents.policy import Completion, FinishReason, Prompt
from clickwright.agents.slices import sliced, starts_of_bytes, starts_of_texts
from clickwright.agents.transformers_policy import TransformersPolicy
from tests.agents.helpers import byte_tokenizer, small_qwen2


@given(text=st.text(alphabet="ab\u00e9\u05d0\u20ac\U0001f600'", max_size=20), seed=st.integers(0, 99))
def test_a_token_starts_in_the_character_of_its_first_byte(text: str, seed: int) -> None:
    data, rng = text.encode(), random.Random(seed)
    cuts = sorted(rng.choices(range(len(data) + 1), k=rng.randint(0, 12)))
    edges = [0, *cuts, len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    char_of = [place for place, char in enumerate(text) for _ in char.encode()] + [len(text)]
    wanted = [char_of[a] for (a, b) in itertools.pairwise(edges) if b > a]
    assert [start for start, piece in zip(starts_of_bytes(pieces), pieces, strict=True) if piece] == wanted


@given(st.binary(max_size=12))
@example(b"\xed\xa0")  # half of a surrogate: two characters that wait for a third byte
def test_bytes_that_are_no_text_count_as_what_replaces_them(data: bytes) -> None:
    pieces = [bytes([byte]) for byte in data]
    assert list(starts_of_bytes(pieces)) == sorted(starts_of_bytes(pieces))
    shown = data.decode("utf-8", "replace")
    assert set(starts_of_bytes(pieces)) == set(range(len(shown)))


def completion_of(ids: list[int], text: str) -> Completion:
    logprobs = tuple(-0.01 * (place + 1) for place in range(len(ids)))
    return Completion(
        token_ids=tuple(ids), logprobs=logprobs, text=text, finish_reason=FinishReason.STOP, policy_version=1
    )


SAID = "caf\u00e9 \u2192 press('\u00e9'); press('\U0001f600')\npress('z')"


def straddling_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level, with pieces that reach across the borders of SAID, and into the middle of a character."""
    plain = byte_tokenizer()
    vocab = {token: number for token, number in plain.get_vocab().items() if number not in (0, 1, 2)}
    merges = [("'", ")"), (")", ";"), ("')", ";"), ("p", "r"), ("\u00f0", "\u0141")]  # the last: half an emoji
    tokens = ["<pad>", "<eos>", "<image>", *sorted(vocab), *("".join(pair) for pair in merges if pair != (")", ";"))]
    merges.remove((")", ";"))
    raw = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    raw.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, clean_up_tokenization_spaces=False, pad_token="<pad>", eos_token="<eos>"
    )


@pytest.mark.parametrize("tokenizer", [byte_tokenizer(), straddling_tokenizer(), tiny.load_base()[1]])
def test_slices_of_a_real_tokenizer_are_the_completion(tokenizer: PreTrainedTokenizerFast) -> None:
    policy = TransformersPolicy(small_qwen2(vocab_size=len(tokenizer)), tokenizer)
    ids = [*tokenizer(SAID, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    completion, prompt = completion_of(ids, SAID), Prompt(token_ids=(7, 8), key="k")
    ends = [SAID.index(")") + 1, SAID.index(")\n") + 1, len(SAID)]
    starts = policy.token_starts(completion)
    told = [tokenizer.decode(ids[:number], skip_special_tokens=True) for number in range(len(ids))]
    assert starts == starts_of_texts(SAID, told), "both ways agree where the text is sound"
    parts = sliced(prompt, completion, ends=ends, starts=starts)
    assert sum((said.token_ids for _, said in parts), ()) == completion.token_ids
    assert sum((said.logprobs for _, said in parts), ()) == completion.logprobs
    assert "".join(said.text for _, said in parts) == SAID
    read = prompt.token_ids
    for (before, said), first, end in zip(parts, [0, *ends], [*ends[:-1], 10**9], strict=False):
        assert before.token_ids == read
        read += said.token_ids
        assert before.key == "k"
        place = len(before.token_ids) - 2
        assert all(first <= start < end for start in starts[place : place + len(said.token_ids)])
    assert parts[-1][1].token_ids[-1] == tokenizer.eos_token_id
    policy.close()


def test_a_token_across_a_border_belongs_to_the_slice_it_starts_in() -> None:
    tokenizer = straddling_tokenizer()
    ids = tokenizer(SAID)["input_ids"]
    policy = TransformersPolicy(small_qwen2(vocab_size=len(tokenizer)), tokenizer)
    completion = completion_of(ids, SAID)
    ends = [SAID.index(")") + 1, len(SAID)]
    (_, first), (_, second) = sliced(
        Prompt(token_ids=(), key=""), completion, ends=ends, starts=policy.token_starts(completion)
    )
    assert tokenizer.decode(first.token_ids).endswith("press('\u00e9');")
    assert tokenizer.decode(second.token_ids).startswith(" press(")
    assert first.text.endswith("press('\u00e9')")
    policy.close()


def test_actions_that_stand_in_one_token_leave_later_slices_empty() -> None:
    completion = completion_of([5, 1], "ab")
    parts = sliced(Prompt(token_ids=(3,), key=""), completion, ends=[1, 2, 2], starts=(0, 2))
    assert [said.token_ids for _, said in parts] == [(5,), (), (1,)]
    assert [before.token_ids for before, _ in parts] == [(3,), (3, 5), (3, 5)]
