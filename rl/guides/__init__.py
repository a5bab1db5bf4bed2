"""What makes the members of a group act otherwise than the bare policy would: one file each."""

from clickwright.rl.guides.base import GUIDES, Guide

__all__ = ["GUIDES", "Guide"]
