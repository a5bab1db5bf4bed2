"""Whose tokens they are: a short name of a model's shape and of its tokenizer, equal for equal ones.

Weights do not count: they change in training, and ``policy_version`` says which they were.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def policy_identity(model: Any, tokenizer: Any) -> str:
    """Name what samples in a run.

    Args:
        model: A PyTorch module; its class and the names and shapes of its parameters count.
        tokenizer: Its ids and what they stand for count.
    """
    shapes = sorted((name, list(parameter.shape)) for name, parameter in model.named_parameters())
    vocabulary = sorted((number, word) for word, number in tokenizer.get_vocab().items())
    return f"{type(model).__name__} {_short(shapes)} with tokenizer {_short(vocabulary)}"


def _short(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]
