"""What is done to the groups of an iteration between rolling out and crediting: one file each."""

from clickwright.rl.group_editors import arpo_replay
from clickwright.rl.group_editors.base import GROUP_EDITORS, GroupEditor, Situation

__all__ = ["GROUP_EDITORS", "GroupEditor", "Situation", "arpo_replay"]
