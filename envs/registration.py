"""Gymnasium ids: ours, and a way to register other people's tasks with a specification that is plain JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import gymnasium

if TYPE_CHECKING:
    from clickwright.envs.surface import Surface
    from clickwright.envs.task import Task
    from clickwright.envs.task_env import TaskEnv

NAMESPACE = "clickwright"
_MAKE_ENV = "clickwright.envs.registration:make_env"
_MAKE_TASK_ENV = "clickwright.envs.registration:make_task_env"

FAMILIES = {
    "miniwob": "clickwright.envs.web.miniwob.catalog",
    "search": "clickwright.envs.search.catalog",
    "sokoban": "clickwright.envs.games.sokoban.catalog",
    "trail": "clickwright.envs.games.trail.catalog",
}
"""Families of tasks that ship with Clickwright, and the module that knows each one's names (``TASK_NAMES``), tasks
(``make_task``) and what makes the surface of a task (``surface_of``)."""

_POOLS = "clickwright.envs.pool.entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvInfo:
    """One line of ``clickwright envs``.

    Attributes:
        id: What ``gymnasium.make`` takes.
        family: Part of the name before the dot.
        task: Task name.
        profile: Which actions it allows.
        max_steps: Steps after which an episode is truncated.
        oracle: Whether the task can be solved by its own oracle.
    """

    id: str
    family: str
    task: str
    profile: str
    max_steps: int
    oracle: bool


def register_all() -> None:
    """Register every environment that ships with Clickwright; a second call does nothing.

    Importing ``clickwright`` calls it; elsewhere, ``gymnasium.make("clickwright:clickwright/...")`` will.
    """
    for family, catalog in FAMILIES.items():
        for name in import_module(catalog).TASK_NAMES:
            _register(_id_of(family, name), _MAKE_TASK_ENV, {"family": family, "task": name})


def register_env(
    env_id: str,
    *,
    surface: Callable[[], Surface] | str,
    task: Callable[[], Task[Any]] | str,
    **settings: Any,
) -> None:
    """Register a task of your own under an id.

    Example:
        After this, ``gymnasium.make("mine/lights-v0")`` works here and, since the specification is JSON, in any
        process that can import ``lights``::

            register_env("mine/lights-v0", surface="lights:Board", task="lights:LightsOut", max_steps=30)

    Args:
        env_id: ``namespace/name-vN``.
        surface: Builds the surface: a class or function of a module, or its ``"module:name"``.
        task: Builds the task, likewise.
        settings: ``TaskEnv``'s arguments, as JSON.

    Raises:
        ConfigError: A surface or task that cannot be named by its module, such as a lambda.
    """
    kwargs = {"surface": _path_of(surface), "task": _path_of(task), **settings}
    _register(env_id, _MAKE_ENV, kwargs)


def make_env(*, surface: str, task: str, **settings: Any) -> TaskEnv:
    """Entry point of environments registered with ``register_env``."""
    from clickwright.envs.task_env import TaskEnv

    return TaskEnv(_load(surface), _load(task)(), **settings)


def make_task_env(*, family: str, task: str, **settings: Any) -> TaskEnv:
    """Entry point of every id that ships with Clickwright; ``settings`` are ``TaskEnv``'s.

    Raises:
        UnknownNameError: There is no such family, or no such task in it.
    """
    from clickwright.envs.task_env import TaskEnv
    from clickwright.errors import UnknownNameError

    if family not in FAMILIES:
        raise UnknownNameError("family", family, allowed=FAMILIES)
    catalog = import_module(FAMILIES[family])
    made = catalog.make_task(task)
    return TaskEnv(catalog.surface_of(made), made, **settings)


def list_envs() -> tuple[EnvInfo, ...]:
    """Every environment that ships with Clickwright, in order of id."""
    found = []
    for family, module in FAMILIES.items():
        catalog = import_module(module)
        for name in catalog.TASK_NAMES:
            task = catalog.make_task(name)
            found.append(
                EnvInfo(
                    id=_id_of(family, name),
                    family=family,
                    task=name,
                    profile=str(task.profile),
                    max_steps=task.max_steps,
                    oracle=task.has_oracle(),
                )
            )
    return tuple(sorted(found, key=lambda env: env.id))


def _id_of(family: str, task: str) -> str:
    return f"{NAMESPACE}/{family}.{task}-v0"


def _register(env_id: str, entry_point: str, kwargs: dict[str, Any]) -> None:
    known = gymnasium.registry.get(env_id)
    if known is None or known.entry_point != entry_point or known.kwargs != kwargs:
        pools = f"{_POOLS}:{entry_point.replace(':', '.')}"
        gymnasium.register(env_id, entry_point=entry_point, vector_entry_point=pools, kwargs=kwargs)


def _path_of(factory: Callable[[], Any] | str) -> str:
    from clickwright.errors import ConfigError

    if isinstance(factory, str):
        return factory
    path = f"{factory.__module__}:{factory.__qualname__}"
    if _load(path) is not factory:
        raise ConfigError(f"{factory!r} cannot be found again as {path!r}: give a class or function of a module")
    return path


def _load(path: str) -> Any:
    from clickwright.errors import ConfigError

    module, _, names = path.partition(":")
    try:
        found: Any = import_module(module)
        for name in names.split("."):
            found = getattr(found, name)
    except (AttributeError, ImportError, ValueError) as error:
        raise ConfigError(f"cannot load {path!r}, which should be 'module:name': {error}") from error
    return found
