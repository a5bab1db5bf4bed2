"""Samplers and group editors that do not fit a recipe, and why: told before a run starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from clickwright.errors import ConfigError
from clickwright.rl.advantages import Pipeline
from clickwright.rl.advantages.opo import Opo
from clickwright.rl.group_editors.dynamic_sampling import DynamicSampling
from clickwright.rl.group_editors.pods import Pods
from clickwright.rl.group_editors.ssr import Ssr
from clickwright.rl.loop_plugins import LoopPlugins
from clickwright.rl.losses import Loss
from clickwright.rl.run_sections import Env
from clickwright.rl.samplers import Sampler
from clickwright.rl.samplers.around import layers
from clickwright.rl.samplers.difficulty import Difficulty
from clickwright.rl.samplers.easy_pool import EasyPool
from clickwright.rl.samplers.gvm import Gvm
from clickwright.rl.samplers.profile import HOW, needs_pass_rates
from clickwright.rl.samplers.scaling_inter import ScalingInter
from clickwright.rl.samplers.u_shape import UShape

if TYPE_CHECKING:
    from clickwright.rl.recipe import Train


def check_sampling(section: Train, env: Env, plugins: LoopPlugins, loss: Loss, credit: Pipeline) -> None:
    """Refuse a sampler or group editors of which something would be read by nothing, or do what nobody means.

    Raises:
        ConfigError: Says all that is wrong, and what to set instead.
    """
    around = list(layers(plugins.sampler))
    problems = [
        *_nesting(around),
        *_profile(section, plugins.sampler),
        *_stages(section, env, around),
        *_sizes(section, plugins, around),
        *_order(section),
        *_scores(section, plugins, loss, credit),
    ]
    if problems:
        raise ConfigError("; ".join(problems))


def _nesting(around: Sequence[Sampler]) -> Iterator[str]:
    kinds = [type(one) for one in around]
    twice = sorted({kind.__name__ for kind in kinds if kinds.count(kind) > 1})
    if twice:
        yield f"train.sampler has {', '.join(twice)} both outside and inside: the same sampler once is enough"
    narrowed = False
    for one in around:
        if narrowed and isinstance(one, UShape):
            yield (
                "u_shape inside a sampler that shows it some of the tasks may be left with none: put it outside, "
                'sampler = {name = "u_shape", of = {...}}'
            )
        narrowed = narrowed or isinstance(one, Difficulty | EasyPool)


def _profile(section: Train, sampler: Sampler) -> Iterator[str]:
    if needs_pass_rates(sampler) and not section.pass_rates:
        name = section.sampler.get("name")
        yield f"train.sampler = {name!r} goes by pass rates, and train.pass_rates names none: {HOW}"


def _stages(section: Train, env: Env, around: Sequence[Sampler]) -> Iterator[str]:
    for one in around:
        if isinstance(one, ScalingInter):
            rounds, every = one.options.rounds, one.options.every
            if env.max_steps and rounds[-1] > env.max_steps:
                yield (
                    f"scaling_inter.rounds = {list(rounds)} go beyond env.max_steps = {env.max_steps}, where every "
                    "episode ends: end the rounds there, or raise env.max_steps"
                )
            begins = every * (len(rounds) - 1)
            if begins >= section.max_iterations:
                yield (
                    f"scaling_inter's last horizon of {rounds[-1]} steps would begin after {begins} iterations, and "
                    f"train.max_iterations is {section.max_iterations}: set every to at most "
                    f"{max((section.max_iterations - 1) // (len(rounds) - 1), 1)}, or list fewer rounds"
                )
        if isinstance(one, Difficulty) and one.options.rungs > section.max_iterations:
            yield (
                f"difficulty.rungs = {one.options.rungs} are more than train.max_iterations = "
                f"{section.max_iterations}: some would never be trained on"
            )


def _sizes(section: Train, plugins: LoopPlugins, around: Sequence[Sampler]) -> Iterator[str]:
    size, uneven = section.group_size, False
    for one in around:
        if isinstance(one, Gvm):
            uneven = True
            if one.options.smallest >= size:
                yield (
                    f"gvm.smallest = {one.options.smallest} with train.group_size = {size} leaves nothing to share "
                    "out: raise group_size"
                )
    for editor in plugins.group_editors:
        if isinstance(editor, Pods) and (editor.options.keep > size or (editor.options.keep == size and not uneven)):
            yield (
                f"pods.keep = {editor.options.keep} of train.group_size = {size} drops nobody: raise group_size, which "
                "is how many are rolled out, or lower keep, which is how many are learnt from"
            )


def _order(section: Train) -> Iterator[str]:
    names = [str(table.get("name", "")) for table in section.group_editors]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        yield f"train.group_editors lists {', '.join(twice)} twice: once is enough"
    if "dynamic_sampling" in names[1:]:
        yield (
            f"dynamic_sampling after {names[0]} would roll out groups that {names[0]} never sees: list "
            "dynamic_sampling first"
        )


def _scores(section: Train, plugins: LoopPlugins, loss: Loss, credit: Pipeline) -> Iterator[str]:
    """What goes by the scores of groups, against what is done with scores later."""
    by_scores = {DynamicSampling: "dynamic_sampling", Pods: "pods", Ssr: "ssr"}
    for editor in plugins.group_editors:
        name = by_scores.get(type(editor))
        if name is None:
            continue
        if section.rewards:
            yield (
                f"{name} goes by the environment's scores, and train.rewards adds others afterwards: take one of the "
                "two"
            )
        if isinstance(editor, DynamicSampling | Ssr) and loss.equal_scores_teach:
            yield (
                f"{name} takes groups whose members came out alike for useless, and train.loss = "
                f"{section.loss.get('name')!r} learns from them: take one of the two"
            )
        if isinstance(editor, DynamicSampling) and credit.editors:
            yield (
                "dynamic_sampling drops groups whose members came out alike before train.editors could tell them "
                "apart: take one of the two"
            )
        if isinstance(editor, Ssr) and isinstance(credit.estimator, Opo) and credit.estimator.strict_on_policy:
            yield (
                "opo's baseline is optimal for exact on-policy training, and ssr brings groups of older weights: take "
                "another estimator, or strict_on_policy = false"
            )
