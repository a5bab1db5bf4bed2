"""What makes the members of a group act otherwise than the bare policy would: one file each."""

from clickwright.rl.guides import expert_prefix
from clickwright.rl.guides.base import AIDED, GUIDES, Apprentice, Guide

__all__ = ["AIDED", "GUIDES", "Apprentice", "Guide", "expert_prefix"]
