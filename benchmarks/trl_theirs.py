"""TRL's side of ``benchmarks.trl``: one optimiser step of its GRPOTrainer on rows that are given.

Only the optimisation is timed: generation and scoring are left out, and padding the rows into micro-batches, which TRL
does while it generates, is done before. What TRL is spared beyond that: its micro-batches are sorted by length and cut
by tokens as ours are, each padded to its own longest prompt and completion (its trainer draws rows at random and pads
them to the longest of all), and gradient checkpointing, on by default, is off. It computes in float32, as we do.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import datasets
import torch
import transformers
import trl
from tokenizers import Tokenizer, models
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer
from trl.trainer.utils import entropy_from_logits, selective_log_softmax

from benchmarks.trl_worker import Job, serve, timed


class GivenRows(GRPOTrainer):
    """Takes prepared micro-batches as they are.

    Attributes:
        short_head: Whether logits are computed for completions only, as TRL does on a GPU; on a processor its fused
            head goes over the prompts as well.
    """

    short_head = False

    def _prepare_inputs(self, generation_batch: dict[str, Any]) -> dict[str, Any]:
        return generation_batch

    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, *args: Any, **kwargs: Any
    ) -> tuple[Any, Any, None]:
        if not self.short_head:
            return super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, *args, **kwargs
            )
        out = model(
            input_ids=input_ids, attention_mask=attention_mask, use_cache=False, logits_to_keep=logits_to_keep + 1
        )
        logits = out.logits[:, :-1]
        with torch.no_grad():
            entropies = entropy_from_logits(logits)
        return selective_log_softmax(logits, input_ids[:, -logits_to_keep:]), entropies, None


def micro_batches(rows: Sequence[Mapping[str, Any]], *, max_tokens: int) -> list[dict[str, torch.Tensor]]:
    """Rows in the trainer's own layout: prompts padded on the left, completions on the right."""
    result: list[dict[str, torch.Tensor]] = []
    chosen: list[Mapping[str, Any]] = []
    for row in sorted(rows, key=lambda one: len(one["prompt_ids"]) + len(one["completion_ids"])):
        if chosen and (len(chosen) + 1) * _width([*chosen, row]) > max_tokens:
            result.append(_padded(chosen))
            chosen = []
        chosen.append(row)
    result.append(_padded(chosen))
    num_tokens = torch.tensor(float(sum(len(row["completion_ids"]) for row in rows)))
    return [{**batch, "num_items_in_batch": num_tokens} for batch in result]


def _width(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(max(len(row[name]) for row in rows) for name in ("prompt_ids", "completion_ids"))


def _padded(rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
    def pad(lists: Sequence[Sequence[float]], *, left: bool, dtype: torch.dtype = torch.long) -> torch.Tensor:
        side = "left" if left else "right"
        parts = [torch.tensor(one, dtype=dtype) for one in lists]
        return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True, padding_side=side)

    prompts, completions = [row["prompt_ids"] for row in rows], [row["completion_ids"] for row in rows]
    return {
        "prompt_ids": pad(prompts, left=True),
        "prompt_mask": pad([[1] * len(ids) for ids in prompts], left=True),
        "completion_ids": pad(completions, left=False),
        "completion_mask": pad([[1] * len(ids) for ids in completions], left=False),
        "old_per_token_logps": pad([row["old_logprobs"] for row in rows], left=False, dtype=torch.float32),
        "advantages": torch.tensor([row["advantage"] for row in rows], dtype=torch.float32),
    }


def trainer(job: Job) -> GivenRows:
    """A trainer that is set as ours is."""
    model = AutoModelForCausalLM.from_pretrained(job.model, dtype=torch.float32)
    # Nothing is tokenised; the trainer asks only which ids pad and end.
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE(vocab={"<pad>": 0, "<eos>": 1, "a": 2}, merges=[])),
        pad_token="<pad>",
        eos_token="<eos>",
    )
    config = GRPOConfig(
        output_dir=mkdtemp(dir=Path(job.model).parent),
        per_device_train_batch_size=8,
        num_generations=8,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        beta=0.0,
        epsilon=job.clip,
        loss_type="dapo",
        learning_rate=job.lr,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        max_grad_norm=job.max_grad_norm,
        optim="adamw_torch",
        report_to=[],
    )
    return GivenRows(
        model=model,
        processing_class=tokenizer,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=config,
        train_dataset=datasets.Dataset.from_dict({"prompt": ["a"] * 8}),
    )


def main() -> None:
    """Serve optimiser steps."""
    warnings.simplefilter("ignore")
    job = Job.from_argv()
    torch.set_num_threads(job.threads)

    one = trainer(job)
    start = {name: value.clone() for name, value in one.model.state_dict().items()}

    def answer(system: str, workload: str) -> Mapping[str, float]:
        batches = micro_batches(job.workloads[workload], max_tokens=job.micro_tokens)
        one.model.load_state_dict(start)
        one.model.train()
        one.optimizer = None
        one.create_optimizer()
        one.short_head = system == "trl, short head"
        one.current_gradient_accumulation_steps = one.args.gradient_accumulation_steps = len(batches)
        one.args.steps_per_generation = len(batches)

        def step() -> dict[str, float]:
            loss = sum(float(one.training_step(one.model, batch, None)) for batch in batches)
            norm = torch.nn.utils.clip_grad_norm_(one.model.parameters(), job.max_grad_norm)
            one.optimizer.step()
            one.model.zero_grad()
            return {"loss": loss, "grad_norm": float(norm)}

        return timed(step)

    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__}
    serve(versions, answer)


if __name__ == "__main__":
    main()
