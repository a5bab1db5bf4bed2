"""The one Gymnasium environment: a task on a surface."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import gymnasium
from gymnasium.error import AlreadyPendingCallError, ClosedEnvironmentError, ResetNeeded
from numpy.typing import NDArray

from clickwright.envs.admit import admit
from clickwright.envs.deadlines import Deadlines
from clickwright.envs.info import info_of
from clickwright.envs.live import LiveEpisode, Rules, Turn, split_of, start, take, turn_of_reset
from clickwright.envs.observation import check_observe, observation, observation_space, pixels
from clickwright.envs.oracle import Oracle
from clickwright.envs.slot import SurfaceSlot
from clickwright.envs.snapshot import Snapshot, SnapshotMismatchError, check_same, read_snapshot, take_snapshot
from clickwright.envs.spaces import ActionSpace
from clickwright.envs.surface import Surface, View, Wants
from clickwright.envs.task import Goal, Task
from clickwright.envs.variants import varied
from clickwright.errors import ConfigError, SurfaceFault

Observation = dict[str, Any]
StepResult = tuple[Observation, float, bool, bool, dict[str, Any]]


class TaskEnv(gymnasium.Env[Observation, Any]):
    """A task on a surface, Gymnasium to the letter.

    ``step`` takes an action, its dict or its canonical text. What is malformed, not allowed here or impossible changes
    nothing: the observation's ``error`` says why, ``info["action_valid"]`` is ``False`` and ``invalid_penalty`` is
    charged; ``max_invalid`` of them in a row truncate the episode. ``finish`` always ends it, with the score as it
    stands.

    When our own machinery fails (the surface, or the task's ``setup`` and ``score``), the step returns reward 0,
    ``truncated=True``, ``info["fault"]`` and ``info["trainable"]=False``, and the next ``reset`` builds a new surface.
    A ``reset`` that fails is tried once more on a fresh surface; if that fails too, it returns an empty observation
    with ``info["fault"]``, and the next ``step`` truncates.

    ``reset(seed=s)`` is the same episode every time; ``reset()`` draws ``s`` from ``np_random`` and reports it in
    ``info["seed"]``. ``options={"split": "eval"}`` takes the held-out half of the task's episodes.

    Where the surface has no screen, asking for one is refused, and there is no frame to record.

    One call at a time, from any thread: a call that comes during another raises ``AlreadyPendingCallError``, except
    that ``close`` waits for it.

    Example:
        A surface class, a task, and one step::

            env = TaskEnv(BoardSurface, LightsOut(), observe=("text", "screen"))
            seen, info = env.reset(seed=0)
            seen, reward, terminated, truncated, info = env.step("click [3]")

    Args:
        surface_factory: Builds a surface; called at the first reset and after every fault. Its attribute
            ``screen_size_px``, where it has one, spares building a surface just to learn the size of its frames.
        task: The goal.
        observe: What observations hold beside goal and error: any of ``"text"``, ``"screen"`` and ``"marks"``, the
            screen with a numbered box around every element.
        max_steps: Steps after which an episode is truncated; the task's own number when left out.
        invalid_penalty: Subtracted from the reward of a step whose action could not be done.
        max_invalid: How many such steps in a row truncate the episode.
        text_budget: Longest text observation, in characters.
        record_frames: Capture a frame at every step into ``info["frame"]`` even when the policy does not see it.
        track_changes: Tell the part of the screen that differs from the frame before in ``info["frame"]["changed"]``.
        split: Half of the episodes that ``reset`` draws from unless its options say otherwise.
        variant: One of ``envs.variants.VARIANTS``: an infeasible goal, or a rule to keep; ``""`` for the task itself.
        render_mode: ``"rgb_array"`` (which captures a frame at every step), or ``None``.

    Raises:
        ConfigError: An argument out of range, a screen asked of a surface that has none, or a task whose profile is
            not the surface's.
    """

    action_space: ActionSpace
    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 4}  # noqa: RUF012 (Gymnasium's own type)

    def __init__(
        self,
        surface_factory: Callable[[], Surface],
        task: Task[Any],
        *,
        observe: Sequence[str] | str = ("text",),
        max_steps: int | None = None,
        invalid_penalty: float = 0.0,
        max_invalid: int = 5,
        text_budget: int = 8_000,
        record_frames: bool = False,
        track_changes: bool = False,
        split: str = "train",
        variant: str = "",
        render_mode: str | None = None,
    ) -> None:
        self.observe, task = check_observe(observe), varied(task, variant)
        self.rules = Rules(
            max_steps=task.max_steps if max_steps is None else max_steps,
            invalid_penalty=float(invalid_penalty),
            max_invalid=max_invalid,
        )
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode={render_mode!r}: choose 'rgb_array' or None")
        if min(self.rules.max_steps, max_invalid, text_budget) < 1:
            raise ConfigError(f"{max_steps=}, {max_invalid=}, {text_budget=}: each is at least 1")
        if not (math.isfinite(invalid_penalty) and invalid_penalty >= 0):
            raise ConfigError(f"{invalid_penalty=}: a finite number of at least 0; it is subtracted")
        self.task, self.render_mode, self.split = task, render_mode, split_of({"split": split}, split)
        self._slot = SurfaceSlot(surface_factory, task.profile)
        self._live: LiveEpisode | None = None
        self._lock = threading.Lock()
        frames = bool({"screen", "marks"} & set(self.observe)) or record_frames or track_changes or bool(render_mode)
        texts = task.looks_back or bool({"text", "marks"} & set(self.observe))
        decoded = bool({"screen", "marks"} & set(self.observe)) or track_changes
        self._wants = Wants(text=texts, screen=frames, pixels=decoded, text_budget=text_budget)
        self._track_changes = track_changes
        size_px = getattr(surface_factory, "screen_size_px", None)
        if size_px is None and not hasattr(surface_factory, "screen_size_px"):
            size_px = self._slot.get().screen_size_px if frames else (1, 1)
        if size_px is None:
            self._without_screen()
        self._size_px: tuple[int, int] = (1, 1) if size_px is None else (int(size_px[0]), int(size_px[1]))
        self.action_space = ActionSpace(task.profile)
        self.observation_space = observation_space(self.observe, size_px=self._size_px, text_budget=text_budget)

    def _without_screen(self) -> None:
        """Live with a surface that has nothing to look at: frames to be recorded are left out, others are refused."""
        if set(self.observe) - {"text"} or self.render_mode is not None:
            self._slot.close()
            raise ConfigError(
                f"{self.task.name!r} has no screen: observe={self.observe}, render_mode={self.render_mode!r}; "
                "observe 'text' only, and leave out render_mode"
            )
        self._wants = replace(self._wants, screen=False, pixels=False)
        self.metadata = {**self.metadata, "render_modes": []}

    @property
    def surface(self) -> Surface:
        """What is acted on; built when there is none yet."""
        return self._slot.get()

    @property
    def goal(self) -> Goal:
        """Goal of the episode."""
        return self._begun().goal

    @property
    def view(self) -> View:
        """What the surface showed last."""
        return self._begun().view

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Which one; drawn from ``np_random`` when left out.
            options: ``{"split": "train" | "eval"}``.

        Raises:
            ConfigError: An unknown option or split.
        """
        with self._exclusive("reset"):
            split = split_of(options, self.split)
            super().reset(seed=seed)
            number = int(self.np_random.integers(2**31)) if seed is None else int(seed)
            started = perf_counter()
            self._live = live = self._begin(number, split, self._wants)
            return self._told(live, turn_of_reset(live), started)

    def step(self, action: Any) -> StepResult:
        """Take one action.

        Args:
            action: An action, its dict, or its canonical text.

        Raises:
            InvalidActionError: None of these.
            ResetNeeded: No episode is running.
        """
        with self._exclusive("step"):
            live = self._running()
            admitted = admit(action, self.action_space.profile)
            started = perf_counter()
            turn = self._take(live, admitted)
            seen, info = self._told(live, turn, started)
            terminated = live.ended_by in ("task", "finish")
            return seen, turn.reward, terminated, bool(live.ended_by) and not terminated, info

    def render(self) -> NDArray[Any] | None:
        """The last frame as an array, in ``render_mode="rgb_array"``.

        Raises:
            ResetNeeded: Nothing was seen yet.
        """
        with self._exclusive("render"):
            if self.render_mode is None:
                gymnasium.logger.warn("render() without a render_mode does nothing: pass render_mode='rgb_array'")
                return None
            return pixels(self._begun().view.screen, self._size_px)

    def close(self) -> None:
        """Release the surface; waits for a call in flight, and a second close does nothing."""
        with self._lock:
            self._live = None
            self._slot.close()

    def abort(self) -> None:
        """Close at once, from any thread: a call in flight fails with a fault, or finds the environment closed."""
        self._slot.close()

    def keep(self, deadlines: Deadlines) -> None:
        """Hold the surface to these deadlines, as far as it can keep any."""
        self._slot.keep(deadlines)

    def oracle(self) -> Oracle:
        """The task's own solution of the running episode.

        Raises:
            ConfigError: This task has no oracle.
            ResetNeeded: No episode is running.
        """
        with self._exclusive("oracle"):
            live = self._running()
            if not self.task.has_oracle():
                raise ConfigError(f"task {self.task.name!r} has no oracle")
            if not live.wants.text:
                live.wants = replace(live.wants, text=True)
                live.view = self._slot.get().step(None, live.wants)
            actions = self.task.oracle(self._slot.get(), live.goal, live.view)
            return Oracle(actions, partial(self._oracle_turn, live))

    def snapshot(self) -> Snapshot:
        """A token from which ``restore`` brings the running episode back, here or in another process.

        Raises:
            ResetNeeded: No episode is running.
        """
        with self._exclusive("snapshot"):
            env_id = self.spec.id if self.spec is not None else ""
            exact = None if self.task.looks_back else self._slot.get().snapshot()
            return take_snapshot(self._running(), env_id=env_id, task=self.task.name, exact=exact)

    def restore(self, token: Snapshot | str | Mapping[str, Any]) -> tuple[Observation, dict[str, Any]]:
        """Go back to a snapshot and prove that the state is the same.

        The surface's own copy is used where the token still holds one, else the actions are taken again.

        Args:
            token: What ``snapshot`` returned, or its JSON.

        Returns:
            The observation and info of the restored state.

        Raises:
            SnapshotMismatchError: The token is of another task, or leads to another state.
        """
        with self._exclusive("restore"):
            known = read_snapshot(token, task=self.task.name)
            started = perf_counter()
            wants = replace(self._wants, text=self._wants.text or known.text)
            self._live = live = self._begin(known.seed, known.split, wants)
            turn = self._replay(live, known)
            check_same(known, live)
            return self._told(live, turn, started)

    # -- the episode

    def _begin(self, seed: int, split: str, wants: Wants) -> LiveEpisode:
        retry = True
        while True:
            try:
                return start(self._slot.get(), self.task, seed=seed, split=split, wants=wants)
            except SurfaceFault as fault:
                self._slot.drop()
                if not (retry and fault.retryable):
                    nothing = Goal(text="")
                    return LiveEpisode(seed=seed, split=split, goal=nothing, view=View(), wants=wants, fault=fault)
                retry = False

    def _take(self, live: LiveEpisode, action: Any) -> Turn:
        try:
            if live.fault is not None:
                raise live.fault
            return take(live, action, self._slot.get(), self.task, self.rules)
        except SurfaceFault as fault:
            self._slot.drop()
            live.fault, live.ended_by = fault, "fault"
            return Turn(action=action, error=str(fault))

    def _replay(self, live: LiveEpisode, known: Snapshot) -> Turn:
        turn = turn_of_reset(live)
        actions = known.replayed()
        if known.exact is not None and live.fault is None:
            self._slot.get().restore(known.exact)
            live.view = self._slot.get().step(None, live.wants)
            live.actions, live.said, live.invalid_in_row = actions, list(known.said), known.invalid_in_row
            return turn
        for number, action in enumerate(actions):
            if live.ended_by:
                raise SnapshotMismatchError(f"the episode ended ({live.ended_by}) before action {number} of the replay")
            turn = self._take(live, action)
        return turn

    def _told(self, live: LiveEpisode, turn: Turn, started: float) -> tuple[Observation, dict[str, Any]]:
        self.action_space.offer(live.view.elements)
        seen = observation(live.view, parts=self.observe, goal=live.goal.text, error=turn.error, size_px=self._size_px)
        total_ms = (perf_counter() - started) * 1e3
        return seen, info_of(live, turn, task=self.task.name, total_ms=total_ms, changes=self._track_changes)

    @contextmanager
    def _oracle_turn(self, live: LiveEpisode) -> Iterator[View | None]:
        with self._exclusive("oracle"):
            if self._live is not live:
                raise ResetNeeded("this oracle belongs to an earlier episode: ask for a new one")
            yield None if live.ended_by else live.view

    def _begun(self) -> LiveEpisode:
        if self._live is None:
            raise ResetNeeded("no episode yet: call reset() first")
        return self._live

    def _running(self) -> LiveEpisode:
        live = self._begun()
        if live.ended_by:
            raise ResetNeeded(f"the episode has ended ({live.ended_by}): call reset() before the next step")
        return live

    @contextmanager
    def _exclusive(self, name: str) -> Iterator[None]:
        if not self._lock.acquire(blocking=False):
            raise AlreadyPendingCallError(f"{name}() came while another call was in flight: one at a time", name)
        try:
            if self._slot.closed:
                raise ClosedEnvironmentError("this environment is closed: make a new one")
            yield
        finally:
            self._lock.release()
