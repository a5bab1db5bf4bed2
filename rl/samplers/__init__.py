"""Which tasks and seeds the next groups are rolled out on: one file each."""

from clickwright.rl.samplers import balanced
from clickwright.rl.samplers.base import SAMPLERS, Sampler

__all__ = ["SAMPLERS", "Sampler", "balanced"]
