"""The learning rate over a run."""

from __future__ import annotations

import math

from clickwright.rl.recipe import Train


def progress(section: Train, *, iteration: int, elapsed_s: float, num_steps: int = 0) -> float:
    """How far a run is, from 0 to 1: by iterations, by time or by environment steps, whichever is furthest."""
    by_count = iteration / section.max_iterations
    by_time = elapsed_s / section.max_seconds if section.max_seconds else 0.0
    by_steps = num_steps / section.max_env_steps if section.max_env_steps else 0.0
    return min(1.0, max(by_count, by_time, by_steps))


def learning_rate(section: Train, *, iteration: int, elapsed_s: float, num_steps: int = 0) -> float:
    """The rate of an iteration.

    Example:
        >>> learning_rate(Train(schedule="linear", lr=1.0, lr_floor=0.0, max_iterations=10), iteration=5, elapsed_s=0.0)
        0.5
    """
    rise = min(1.0, (iteration + 1) / (section.warmup_iterations + 1))
    done = progress(section, iteration=iteration, elapsed_s=elapsed_s, num_steps=num_steps)
    if section.schedule == "constant":
        fall = 1.0
    elif section.schedule == "linear":
        fall = 1.0 - (1.0 - section.lr_floor) * done
    else:
        fall = section.lr_floor + (1.0 - section.lr_floor) * 0.5 * (1.0 + math.cos(math.pi * done))
    return section.lr * rise * fall


def rise_and_fall(place: int, total: int, warmup: float) -> float:
    """Share of the peak rate at a step: up over ``warmup`` of the steps, then down to a tenth on a cosine.

    Example:
        >>> [round(rise_and_fall(place, 4, 0.5), 3) for place in range(4)]
        [0.5, 1.0, 1.0, 0.55]
    """
    rising = max(1, round(warmup * total))
    if place < rising:
        return (place + 1) / rising
    share = (place - rising) / max(1, total - rising)
    return 0.1 + 0.9 * 0.5 * (1.0 + math.cos(math.pi * share))
