"""Objectives. A new one is one file here and one import below."""

from clickwright.rl.losses import (
    cispo,
    dgro,
    disco,
    dpo,
    filtered_sft,
    gspo,
    gvpo,
    lopti,
    ppo,
    sapo,
    sft,
    signed_sft,
    tbrm,
    tdpo,
    uft,
)
from clickwright.rl.losses.aggregate import Aggregation, token_weights
from clickwright.rl.losses.base import LOSSES, Loss, LossOutput, Places, Reads, Tokens, Unit
from clickwright.rl.losses.pairs import PREFERENCE_LOSSES, PairScores, PreferenceLoss

__all__ = [
    "LOSSES",
    "PREFERENCE_LOSSES",
    "Aggregation",
    "Loss",
    "LossOutput",
    "PairScores",
    "Places",
    "PreferenceLoss",
    "Reads",
    "Tokens",
    "Unit",
    "cispo",
    "dgro",
    "disco",
    "dpo",
    "filtered_sft",
    "gspo",
    "gvpo",
    "lopti",
    "ppo",
    "sapo",
    "sft",
    "signed_sft",
    "tbrm",
    "tdpo",
    "token_weights",
    "uft",
]
