"""What makes the members of a group act otherwise than the bare policy would: one file each."""

from clickwright.rl.guides import expert_prefix, noisy_rollout, share_variants
from clickwright.rl.guides.base import AIDED, GUIDES, VARIANT, Apprentice, Guide

__all__ = [
    "AIDED",
    "GUIDES",
    "VARIANT",
    "Apprentice",
    "Guide",
    "expert_prefix",
    "noisy_rollout",
    "share_variants",
]
