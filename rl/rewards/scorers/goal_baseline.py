"""VLM-RM: how far a screen is from the goal's text, looking only along the way from a baseline's text to the goal's.

    s = image / |image|, g = goal / |goal|, b = baseline / |baseline|        (embeddings of a CLIP-like model)
    P = (g - b)(g - b)^T / |g - b|^2
    r = 1 - |(s - g)(alpha * P + (1 - alpha) * I)|^2 / 2

``alpha = 0`` is the cosine of screen and goal; ``alpha = 1`` ignores everything that tells goal from baseline nothing.

Source: Rocamonde et al., "Vision-Language Models are Zero-Shot Reward Models" (arXiv 2310.12921), Definition 1; vlmrm
``CLIPReward``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clickwright.errors import ConfigError, require
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject


class At(StrEnum):
    """Which screen of a step is looked at."""

    BEFORE = "before"
    AFTER = "after"


def goal_baseline(
    screens: NDArray[np.float64], goal: NDArray[np.float64], baseline: NDArray[np.float64], *, alpha: float
) -> NDArray[np.float64]:
    """The reward of each screen.

    Example:
        >>> screens = np.array([[2.0, 0.0], [0.0, 1.0]])
        >>> goal_baseline(screens, np.array([1.0, 0.0]), np.array([0.0, 1.0]), alpha=0.0).tolist()
        [1.0, 0.0]

    Args:
        screens: Embeddings, ``[num_screens, size]``, of any length but 0.
        goal: Embedding of the goal, ``[size]``.
        baseline: Embedding of the baseline, ``[size]``.
        alpha: How much of what is not on the way from baseline to goal is left out, from 0 to 1.
    """
    s = screens / np.linalg.norm(screens, axis=-1, keepdims=True)
    g, b = goal / np.linalg.norm(goal), baseline / np.linalg.norm(baseline)
    direction = g - b
    length = float(direction @ direction)
    away = s - g
    # Goal and baseline that are one text leave no way to project on.
    along = np.outer(away @ direction, direction) / length if length > 0 else np.zeros_like(away)
    left = alpha * along + (1.0 - alpha) * away
    return np.asarray(1.0 - (left**2).sum(-1) / 2.0)


@SCORERS.register("goal_baseline")
class GoalBaseline:
    """Goal-baseline regularised similarity of screen and goal, by any CLIP-like model of transformers."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            model: Folder of a model with its processor, as ``save_pretrained`` writes them.
            alpha: How much of what is not on the way from baseline to goal is left out.
            goal: The goal's text; ``{goal}`` stands for the episode's.
            baseline: What a screen shows that has nothing to do with the goal.
            at: The screen ``before`` the step, which is a value of the state and can be a potential, or the one
                ``after`` it, which is what the step led to.
            batch: Screens at once.
        """

        model: str
        alpha: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
        goal: str = "{goal}"
        baseline: str = "a screenshot of an app"
        at: At = At.AFTER
        batch: Annotated[int, Field(ge=1)] = 32

    name, version = "goal_baseline", 1
    scope = Scope.STEP
    needs = frozenset({Need.IMAGE})
    judged, good_from = True, 0.5
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options
        self.about = About.STATE if options.at is At.BEFORE else About.ACTION
        self._model: Any = None
        self._processor: Any = None
        self._texts: dict[str, NDArray[np.float64]] = {}

    def settings(self) -> Mapping[str, Any]:
        """What the values depend on; the model by the name of its folder."""
        said = self.options.model_dump(mode="json", exclude={"batch"})
        return {**said, "model": Path(self.options.model).name}

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The reward of each step's screen."""
        found: dict[str, bytes] = {}
        shown = [self._sha256(subject) for subject in subjects]
        for subject, sha256 in zip(subjects, shown, strict=True):
            frame = subject.frame(sha256) if sha256 and sha256 not in found else None
            if frame is not None:
                found[sha256] = frame.png
        embedded = self._embed(found)
        scores = []
        for subject, sha256 in zip(subjects, shown, strict=True):
            if sha256 not in embedded:
                scores.append(Score(trouble="the screen was not recorded"))
                continue
            goal = self._text(self.options.goal.replace("{goal}", subject.episode.goal))
            baseline = self._text(self.options.baseline)
            reward = goal_baseline(embedded[sha256][None], goal, baseline, alpha=self.options.alpha)
            scores.append(Score(value=float(reward[0])))
        return scores

    def _sha256(self, subject: Subject) -> str:
        step = subject.step
        if self.options.at is At.BEFORE:
            return step.frame_sha256
        later = [other for other in subject.episode.steps if other.t == step.t + 1]
        return later[0].frame_sha256 if later else str(subject.episode.final.get("frame_sha256", ""))

    def _load(self) -> None:
        if self._model is not None:
            return
        require("torch", extra="train")
        require("transformers", extra="train")
        from transformers import AutoModel, AutoProcessor

        folder = Path(self.options.model)
        if not (folder / "config.json").is_file():
            raise ConfigError(f'model = "{folder}": no such model; give a folder written by save_pretrained')
        self._processor = AutoProcessor.from_pretrained(str(folder), local_files_only=True)
        self._model = AutoModel.from_pretrained(str(folder), local_files_only=True).eval()
        if not hasattr(self._model, "get_image_features") or not hasattr(self._model, "get_text_features"):
            raise ConfigError(f'model = "{folder}" has no embeddings of images and texts: give a CLIP-like one')

    def _embed(self, pngs: Mapping[str, bytes]) -> dict[str, NDArray[np.float64]]:
        self._load()
        import torch
        from PIL import Image

        names, result = list(pngs), dict[str, NDArray[np.float64]]()
        for start in range(0, len(names), self.options.batch):
            part = names[start : start + self.options.batch]
            images = [Image.open(io.BytesIO(pngs[name])).convert("RGB") for name in part]
            inputs = self._processor(images=images, return_tensors="pt")
            with torch.inference_mode():
                vectors = _vectors(self._model.get_image_features(pixel_values=inputs["pixel_values"]))
            result |= dict(zip(part, vectors, strict=True))
        return result

    def _text(self, text: str) -> NDArray[np.float64]:
        if text not in self._texts:
            import torch

            inputs = self._processor(text=[text], return_tensors="pt", padding=True, truncation=True)
            wanted = {name: inputs[name] for name in ("input_ids", "attention_mask") if name in inputs}
            with torch.inference_mode():
                self._texts[text] = _vectors(self._model.get_text_features(**wanted))[0]
        return self._texts[text]


def _vectors(features: Any) -> NDArray[np.float64]:
    """Embeddings as numbers, whether the model returns them bare or in an output."""
    tensor = getattr(features, "pooler_output", features)
    return np.asarray(tensor.double().cpu().numpy(), dtype=np.float64)
