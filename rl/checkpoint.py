"""Checkpoints: whole or absent, verified before they are used, readable without pickle.

A checkpoint is a folder ``iter-000010`` with ``model.safetensors``, ``optimizer.safetensors``, ``state.json``, and
``SHA256SUMS``, which ``sha256sum --check`` reads too. It is written beside its place, flushed to disk, and renamed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, load_model, save_file, save_model

from clickwright.errors import DamagedFileError, UnknownNameError

FORMAT = 1
MODEL, OPTIMIZER, STATE, SUMS = "model.safetensors", "optimizer.safetensors", "state.json", "SHA256SUMS"
EXTRA = "extra/"
"""Begins the names of tensors that are not the optimizer's, in its file."""


def folder(run_dir: Path) -> Path:
    """Where a run keeps its checkpoints."""
    return run_dir / "checkpoints"


def checkpoints(run_dir: Path) -> list[Path]:
    """The finished checkpoints of a run, oldest first."""
    return sorted(path for path in folder(run_dir).glob("iter-*") if path.is_dir())


def save(
    run_dir: Path,
    iteration: int,
    *,
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer | None,
    state: dict[str, Any],
    keep: int,
    extra: Mapping[str, torch.Tensor] | None = None,
) -> Path:
    """Write a checkpoint and remove all but the newest ``keep``.

    Args:
        run_dir: The run.
        iteration: Names the checkpoint.
        model: Weights and buffers are kept, tied ones once.
        optimizer: Its moments are kept by parameter name.
        state: Anything else, JSON only.
        keep: How many checkpoints stay.
        extra: Tensors of anything beside model and optimizer, by name.
    """
    home = folder(run_dir)
    home.mkdir(parents=True, exist_ok=True)
    for leftover in home.glob(".new-*"):
        shutil.rmtree(leftover)
    draft, final = home / f".new-{iteration:06d}", home / f"iter-{iteration:06d}"
    draft.mkdir()
    save_model(model, str(draft / MODEL))
    tensors, numbers = _pack_optimizer(model, optimizer)
    tensors |= {f"{EXTRA}{name}": value for name, value in (extra or {}).items()}
    save_file(tensors, str(draft / OPTIMIZER))
    record = {"format": FORMAT, "iteration": iteration, "optimizer": numbers, "state": state}
    (draft / STATE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    sums = "".join(f"{_sha256(draft / name)}  {name}\n" for name in (MODEL, OPTIMIZER, STATE))
    (draft / SUMS).write_text(sums, encoding="ascii")
    for path in (*draft.iterdir(), draft):
        _flush(path)
    if final.exists():
        shutil.rmtree(final)
    draft.rename(final)
    _flush(home)
    for old in checkpoints(run_dir)[:-keep]:
        shutil.rmtree(old)
    return final


def find(run_dir: Path, name: str | None = None) -> Path | None:
    """The checkpoint of that name, else the newest; ``None`` when the run has none.

    Raises:
        UnknownNameError: The run has no checkpoint of that name.
    """
    found = checkpoints(run_dir)
    if name is None:
        return found[-1] if found else None
    for path in found:
        if path.name == name:
            return path
    raise UnknownNameError("checkpoint", name, allowed=[path.name for path in found])


def verify(path: Path) -> dict[str, Any]:
    """Read a checkpoint's state after checking every file of it.

    Raises:
        DamagedFileError: A file is missing, cut or changed; names the newest older checkpoint that is whole.
    """
    problem = _problem(path)
    if problem is None:
        record: dict[str, Any] = json.loads((path / STATE).read_text(encoding="utf-8"))
        return record
    older = [other for other in sorted(path.parent.glob("iter-*"), reverse=True) if other.name < path.name]
    good = next((other for other in older if _problem(other) is None), None)
    hint = (
        f"the newest whole one is {good.name}: take it up with --resume {good.name}"
        if good
        else "no older one is whole"
    )
    raise DamagedFileError(f"{problem}; nothing was changed; {hint}")


def load(path: Path, *, model: torch.nn.Module, optimizer: torch.optim.Optimizer | None) -> dict[str, Any]:
    """Put a verified checkpoint's weights and moments back and return its ``state``.

    Raises:
        DamagedFileError: See ``verify``; also when the weights do not fit the model.
    """
    record = verify(path)
    try:
        load_model(model, str(path / MODEL))
    except RuntimeError as error:
        raise DamagedFileError(f"{path / MODEL} holds weights of another model: {error}") from error
    if optimizer is not None:
        moments = {name: value for name, value in _tensors(path).items() if not name.startswith(EXTRA)}
        _unpack_optimizer(model, optimizer, moments, record["optimizer"])
    state: dict[str, Any] = record["state"]
    return state


def extra(path: Path) -> dict[str, torch.Tensor]:
    """What a verified checkpoint holds beside model and optimizer: the ``extra`` of ``save``."""
    return {name.removeprefix(EXTRA): value for name, value in _tensors(path).items() if name.startswith(EXTRA)}


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = load_file(str(path / OPTIMIZER))
    return found


def _problem(path: Path) -> str | None:
    try:
        lines = (path / SUMS).read_text(encoding="ascii").splitlines()
        sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    except FileNotFoundError:
        return f"{path / SUMS} is missing"
    except ValueError as error:
        return f"{path / SUMS} is damaged ({error})"
    for name in (MODEL, OPTIMIZER, STATE):
        part = path / name
        if not part.is_file():
            return f"{part} is missing"
        if name not in sums:
            return f"{path / SUMS} is damaged (it does not list {name})"
        if _sha256(part) != sums[name]:
            return f"{part} is damaged (it is not what was written)"
    record = json.loads((path / STATE).read_text(encoding="utf-8"))
    if record.get("format") != FORMAT:
        return f"{path / STATE} has format {record.get('format')!r}, this version reads {FORMAT}"
    return None


def _pack_optimizer(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer | None
) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    tensors: dict[str, torch.Tensor] = {}
    numbers: dict[str, Any] = {}
    if optimizer is not None:
        for name, parameter in model.named_parameters():
            for key, value in optimizer.state.get(parameter, {}).items():
                if isinstance(value, torch.Tensor):
                    tensors[f"{name}|{key}"] = value.detach().clone().contiguous()
                else:
                    numbers[f"{name}|{key}"] = value
    return tensors, numbers


def _unpack_optimizer(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], numbers: dict[str, Any]
) -> None:
    parameters = dict(model.named_parameters())
    optimizer.state.clear()
    for full_name, value in {**tensors, **numbers}.items():
        name, key = full_name.rsplit("|", 1)
        parameter = parameters[name]
        if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
            value = value.to(parameter.device)
        optimizer.state[parameter][key] = value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
