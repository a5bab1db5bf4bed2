"""Who judges recorded episodes. A new scorer is one file and one import below."""

from clickwright.rl.rewards.scorers import (
    combined,
    efficiency,
    goal_baseline,
    gui_r1,
    length,
    monte_carlo,
    o2_searcher,
    pairwise,
    progress,
    search_r1,
    subgoals,
    tool_star,
    toolrl,
    vlm_judge,
    votes,
)
from clickwright.rl.rewards.scorers.base import SCORERS, Score, Scorer, Subject

__all__ = [
    "SCORERS",
    "Score",
    "Scorer",
    "Subject",
    "combined",
    "efficiency",
    "goal_baseline",
    "gui_r1",
    "length",
    "monte_carlo",
    "o2_searcher",
    "pairwise",
    "progress",
    "search_r1",
    "subgoals",
    "tool_star",
    "toolrl",
    "vlm_judge",
    "votes",
]
