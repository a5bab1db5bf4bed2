"""An agent as a folder: weights and tokenizer as Hugging Face writes them, and how to prompt them in ``agent.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clickwright.agents.agent import LanguageAgent
from clickwright.agents.batcher import Batcher
from clickwright.agents.codecs.turn import MAX_ACTIONS
from clickwright.agents.policy import Sampling
from clickwright.agents.prompts import HistoryPolicy, PromptBuilder
from clickwright.agents.transformers_policy import TransformersPolicy
from clickwright.agents.weights import load_folder
from clickwright.errors import ConfigError, DamagedFileError

SETTINGS = "agent.json"
MODEL_OF_A_RUN = "models/final"
"""Where a run keeps the weights it ended with."""


class AgentSettings(BaseModel):
    """How a policy was prompted while it was trained; one that is prompted otherwise acts worse.

    Attributes:
        codec: The language it answers in.
        max_actions: Most actions of a turn.
        history: Earlier actions its prompt repeats.
        max_prompt_tokens: Longest prompt.
        max_new_tokens: Longest completion, end token included.
        text_budget: Longest text observation, in characters.
        policy_version: Version of the weights within their run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    codec: str = "canonical"
    max_actions: Annotated[int, Field(ge=1, le=MAX_ACTIONS)] = 1
    history: Annotated[int, Field(ge=0)] = 2
    max_prompt_tokens: Annotated[int, Field(ge=16)] = 768
    max_new_tokens: Annotated[int, Field(ge=1)] = 32
    text_budget: Annotated[int, Field(ge=1)] = 4_000
    policy_version: Annotated[int, Field(ge=0)] = 0


def save_settings(folder: Path, settings: AgentSettings) -> None:
    """Write the settings beside the weights."""
    (folder / SETTINGS).write_text(settings.model_dump_json(indent=2) + "\n", encoding="utf-8")


def load_settings(folder: Path) -> AgentSettings:
    """Read the settings beside the weights; a folder that some other tool wrote has none and gets the defaults.

    Raises:
        DamagedFileError: They cannot be read.
    """
    path = folder / SETTINGS
    if not path.is_file():
        return AgentSettings()
    try:
        return AgentSettings.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise DamagedFileError(f"{path} cannot be read: {error}; delete it to act with the defaults") from None


def model_folder(path: str | Path) -> Path:
    """The folder with the weights: the one given, or the one a run ended with.

    Raises:
        ConfigError: Neither holds a model.
    """
    for folder in (Path(path), Path(path) / MODEL_OF_A_RUN):
        if (folder / "config.json").is_file():
            return folder
    raise ConfigError(
        f"no model in {str(path)!r}: give a folder written by save_pretrained (it has a config.json), or the folder of "
        f"a finished run (it has {MODEL_OF_A_RUN}/config.json)"
    )


def load_agent(
    path: str | Path, *, temperature: float = 0.0, seed: int = 0, max_batch: int = 64, num_cohorts: int = 0
) -> LanguageAgent:
    """The agent in a folder, prompted as it was trained.

    Args:
        path: Folder of a model, or of a finished run.
        temperature: 0 takes the most likely token.
        seed: Root of its random streams.
        max_batch: Most prompts of one pass of the model.
        num_cohorts: Cohorts that its requests are served in; 0 serves them as they come.

    Raises:
        ConfigError: There is no model in the folder.
        DamagedFileError: There is one, and it cannot be read.
        MissingExtraError: PyTorch or transformers is not installed.
    """
    folder = model_folder(path)
    return agent_of(
        load_folder(folder),
        load_settings(folder),
        temperature=temperature,
        seed=seed,
        max_batch=max_batch,
        num_cohorts=num_cohorts,
        name=str(path),
    )


def agent_of(
    weights: tuple[Any, Any],
    settings: AgentSettings,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    max_batch: int = 64,
    num_cohorts: int = 0,
    name: str = "language",
) -> LanguageAgent:
    """The agent of a model and its tokenizer; arguments as those of ``load_agent``."""
    policy = TransformersPolicy(*weights, max_batch=max_batch, version=settings.policy_version)
    prompts = PromptBuilder(
        policy.encode, history=HistoryPolicy(last=settings.history), max_tokens=settings.max_prompt_tokens
    )
    sampling = Sampling(max_new_tokens=settings.max_new_tokens, temperature=temperature, seed=seed)
    return LanguageAgent(
        Batcher(policy, max_batch=max_batch, num_cohorts=num_cohorts),
        codec=settings.codec,
        prompts=prompts,
        sampling=sampling,
        max_actions=settings.max_actions,
        name=name,
    )
