"""Our trainer's side of ``benchmarks.trl``: one update as a run makes it, from rows to changed weights."""

from __future__ import annotations

from collections.abc import Mapping
from unittest.mock import patch

import numpy as np
import torch
import transformers
from transformers import AutoModelForCausalLM

from benchmarks.trl_worker import Job, serve, timed
from clickwright.rl import sharing
from clickwright.rl.batching import Row
from clickwright.rl.losses import LOSSES
from clickwright.rl.update import UpdatePlan, update


def main() -> None:
    """Serve updates."""
    job = Job.from_argv()
    torch.set_num_threads(job.threads)
    loss = LOSSES.build("ppo", {"clip_low": job.clip, "clip_high": job.clip, "dual_clip": 0.0})
    plan = UpdatePlan(micro_tokens=job.micro_tokens, max_grad_norm=job.max_grad_norm)
    workloads = {
        name: [
            Row(
                prompt_ids=tuple(row["prompt_ids"]),
                completion_ids=tuple(row["completion_ids"]),
                old_logprobs=tuple(row["old_logprobs"]),
                advantage=row["advantage"],
            )
            for row in rows
        ]
        for name, rows in job.workloads.items()
    }

    model = AutoModelForCausalLM.from_pretrained(job.model, dtype=torch.float32).train()
    start = {name: value.clone() for name, value in model.state_dict().items()}

    def answer(system: str, workload: str) -> Mapping[str, float]:
        model.load_state_dict(start)
        optimizer = torch.optim.AdamW(model.parameters(), lr=job.lr, weight_decay=0.0)

        def step() -> dict[str, float]:
            found = update(model, optimizer, workloads[workload], loss, plan=plan, rng=np.random.default_rng(0))
            return {name: found[name] for name in ("loss", "grad_norm", "shared_tokens_share")}

        if system == "ours":
            return timed(step)
        with patch.object(sharing, "can_share", return_value=False):
            return timed(step)

    serve({"torch": torch.__version__, "transformers": transformers.__version__}, answer)


if __name__ == "__main__":
    main()
