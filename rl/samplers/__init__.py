"""Which tasks and seeds the next groups are rolled out on: one file each."""

from clickwright.rl.samplers import (
    adastar,
    balanced,
    difficulty,
    easy_pool,
    gvm,
    scaling_inter,
    srpo_history,
    u_shape,
)
from clickwright.rl.samplers.base import SAMPLERS, Sampler

__all__ = [
    "SAMPLERS",
    "Sampler",
    "adastar",
    "balanced",
    "difficulty",
    "easy_pool",
    "gvm",
    "scaling_inter",
    "srpo_history",
    "u_shape",
]
