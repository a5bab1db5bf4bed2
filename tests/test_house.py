"""The rules of the house, read off the source: which room may use which, what a file may do, how long it may be."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("envs", "trajectories", "agents", "rl")
"""In the order of the arrows: a room may use those to its left."""

LONGEST_LINES = 350
HARD_CAP_LINES = 600
"""A file of the package stays under the first; a table of test cases may pass it, but nothing passes the second."""

OPTIONAL = frozenset(
    (
        "playwright miniwob selenium torch transformers tokenizers safetensors rich tensorboard matplotlib "
        "pyarrow starlette uvicorn adbutils vllm ray rapidfuzz"
    ).split()
)
NO_TENSORS = ("torch", "transformers", "tokenizers", "safetensors", "vllm", "ray")
MAY_READ_ENVIRONMENT = frozenset({"envs/web/process.py"})
"""Where the process environment is handed to a child, not read for settings."""

RUNS_TEXT = frozenset({"eval", "exec", "compile", "__import__"})
"""Built-in functions that run text; methods of the same names (``model.eval``, ``re.compile``) do not."""

MAY_NOT_IMPLEMENT = frozenset({"envs/task.py", "envs/web/miniwob/oracles/registry.py"})
"""Where ``NotImplementedError`` is part of a contract (a task without an oracle)."""

TENSOR_MODULES = frozenset(
    (
        "rl/batching.py rl/checkpoint.py rl/loop.py rl/models.py rl/run_folder.py rl/update.py rl/warmstart.py "
        "rl/off_policy.py rl/offline.py rl/pair_update.py rl/preferences.py rl/teacher_forcing.py rl/workspace.py "
        "rl/pretrain/curriculum.py rl/facts.py rl/reading.py rl/losses/aggregate.py rl/losses/base.py "
        "rl/losses/cispo.py rl/losses/disco.py rl/losses/dpo.py rl/losses/episodes.py rl/losses/gspo.py "
        "rl/losses/kl.py rl/losses/mismatch.py rl/losses/pairs.py rl/losses/ppo.py rl/losses/ratio.py "
        "rl/losses/sapo.py rl/losses/sft.py rl/losses/signed_sft.py rl/losses/sums.py rl/losses/tbrm.py "
        "rl/losses/uft.py"
    ).split()
)
"""Modules that nothing can be done with without torch: they import it at the top and are themselves imported late."""


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the package by its path in the repository."""
    paths = [*(ROOT / "clickwright").glob("*.py")]
    for room in ROOMS:
        paths += (ROOT / room).rglob("*.py")
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(paths)}


def text_files() -> Iterator[tuple[str, str]]:
    """Every committed-to-be text file of the repository with its content."""
    for folder, folders, names in os.walk(ROOT):  # does not follow links: each room is seen once
        made = {"__pycache__", "dist", "build", *(["runs"] if Path(folder) == ROOT else [])}
        folders[:] = sorted(name for name in folders if name not in made and (name == ".ci" or name[0] != "."))
        for name in sorted({*names} - {".git"}):
            path = Path(folder, name)
            if path.suffix in {".py", ".md", ".toml", ".txt", ".yaml", ".html", ".js", ".json", ""}:
                try:
                    yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
                except UnicodeDecodeError:
                    continue


def imports(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Every module name a tree imports; dots alone for a relative import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level, node
                continue
            assert node.module
            yield node.module, node
            if node.module == "clickwright":
                yield from ((f"clickwright.{alias.name}", node) for alias in node.names)


def required(tree: ast.AST) -> set[str]:
    """Top-level names of what a tree asks ``require`` for."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return {
        str(call.args[0].value).split(".")[0]
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "require"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def module_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements that run on import: everything outside functions and outside ``if TYPE_CHECKING``."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.stmt):
            yield node
        waiting += ast.iter_child_nodes(node)


def type_checking_lines(tree: ast.Module) -> set[int]:
    """Lines that only a type checker reads."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def test_rooms_use_only_those_to_their_left() -> None:
    wrong = []
    for path, tree in sources().items():
        room = path.split("/")[0]
        if room not in ROOMS:
            continue
        allowed = {*ROOMS[: ROOMS.index(room) + 1], "errors"}
        for name, node in imports(tree):
            parts = name.split(".")
            if not parts[0] or (parts[0] == "clickwright" and len(parts) > 1 and parts[1] not in allowed):
                wrong.append(f"{path}:{node.lineno} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_imported_under_its_bare_room_name() -> None:
    files = {**sources()}
    for folder in ("tests", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            files[path.relative_to(ROOT).as_posix()] = ast.parse(path.read_text("utf-8"))
    wrong = [
        f"{path}:{node.lineno} imports {name}"
        for path, tree in files.items()
        for name, node in imports(tree)
        if name.split(".")[0] in ROOMS
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", ["envs", "trajectories"])
def test_rooms_of_the_world_never_touch_tensors(room: str) -> None:
    wrong = [
        f"{path} uses {name}"
        for path, tree in sources().items()
        if path.startswith(f"{room}/")
        for name in {*(name for name, _ in imports(tree)), *required(tree)}
        if name.split(".")[0] in NO_TENSORS
    ]
    assert not wrong, "\n".join(wrong)


def test_optional_dependencies_are_imported_late_and_through_require() -> None:
    wrong = []
    for path, tree in sources().items():
        early = {id(node) for node in module_level(tree)}
        typing_only, asked = type_checking_lines(tree), required(tree)
        for name, node in imports(tree):
            top = name.split(".")[0]
            if top not in OPTIONAL or node.lineno in typing_only:
                continue
            if top in NO_TENSORS and path in TENSOR_MODULES:
                continue
            if id(node) in early:
                wrong.append(f"{path}:{node.lineno} imports {name} when the module is imported")
            elif not {*name.split(".")} & asked:  # torch.utils.tensorboard needs tensorboard
                wrong.append(f"{path}:{node.lineno} imports {name} without require({top!r}, extra=...)")
    assert not wrong, "\n".join(wrong)


def offences(path: str, tree: ast.Module) -> Iterator[str]:
    """What no file of the package may do, found in one."""
    for name, node in imports(tree):
        if name.split(".")[0] in {"pickle", "dill", "cloudpickle", "shelve", "marshal", "builtins"}:
            yield f"{path}:{node.lineno} imports {name}: it runs what it reads"
    for node in ast.walk(tree):
        line = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"print", "time.sleep", "os.system", "os.popen", "breakpoint"}:
                yield f"{line} calls {called}"
            if called == "getattr" and any(getattr(word, "value", None) in RUNS_TEXT for word in node.args[1:2]):
                yield f"{line} gets what runs text"
            if re.match(r"(np|numpy)\.random\.(seed|rand|randn|randint|choice|shuffle|random|uniform|normal)$", called):
                yield f"{line} calls {called}: the global generator"
            if re.match(r"random\.(seed|random|randint|choice|choices|shuffle|sample|uniform)$", called):
                yield f"{line} calls {called}: the global generator"
            if called.endswith("default_rng") and not node.args and not node.keywords:
                yield f"{line} makes an unseeded generator"
            if any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords):
                yield f"{line} runs a shell"
            if called == "torch.load" and not any(ast.unparse(word) == "weights_only=True" for word in node.keywords):
                yield f"{line} calls torch.load without weights_only=True"
        if isinstance(node, ast.Name) and node.id in {*RUNS_TEXT, "__builtins__", "builtins"}:
            yield f"{line} names {node.id}: it runs text, or leads to what does"
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield f"{line} catches everything"
            elif ast.unparse(node.type) in {"Exception", "BaseException"} and all(
                isinstance(child, ast.Pass) for child in node.body
            ):
                yield f"{line} swallows {ast.unparse(node.type)}"
        if isinstance(node, ast.Raise) and node.exc and "NotImplementedError" in ast.unparse(node.exc):
            if path not in MAY_NOT_IMPLEMENT:
                yield f"{line} raises NotImplementedError"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}:
            if path not in MAY_READ_ENVIRONMENT:
                yield f"{line} reads the process environment"


def test_no_file_does_what_the_house_forbids() -> None:
    wrong = [line for path, tree in sources().items() for line in offences(path, tree)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    [
        "eval('1')",
        "exec('1')",
        "builtins.eval('1')",
        "import builtins as b\nb.eval('1')",
        "from builtins import exec as run",
        "e = eval\ne('1')",
        "run = {'e': exec}",
        "code = compile('1', 'f', 'eval')",
        "__import__('os')",
        "getattr(__builtins__, 'exec')('1')",
        "getattr(module, 'eval')",
        "__builtins__['eval']('1')",
        "import pickle",
        "subprocess.run('ls', shell=True)",
        "time.sleep(1)",
        "print('x')",
        "try:\n    f()\nexcept:\n    g()",
        "try:\n    f()\nexcept Exception:\n    pass",
        "np.random.seed(0)",
        "rng = np.random.default_rng()",
        "torch.load('x')",
        "x = os.environ['A']",
        "raise NotImplementedError('later')",
    ],
)
def test_the_check_finds_each_offence(line: str) -> None:
    assert list(offences("rl/example.py", ast.parse(line)))


def test_the_check_lets_good_code_pass() -> None:
    good = (
        "model.eval()\nre.compile('a')\nself.eval_s = getattr(x, 'evaluate')\npage.evaluate('1')\n"
        "rng = np.random.default_rng(3)\ntry:\n    f()\nexcept KeyError:\n    pass"
    )
    assert not list(offences("rl/example.py", ast.parse(good)))


def test_no_file_is_too_long() -> None:
    wrong = []
    for path, text in text_files():
        num_lines = text.count("\n")
        if path.endswith(".py") and num_lines > HARD_CAP_LINES:
            wrong.append(f"{path} has {num_lines} lines, none may pass {HARD_CAP_LINES}")
        elif path.endswith(".py") and num_lines > LONGEST_LINES and not path.startswith("tests/"):
            wrong.append(f"{path} has {num_lines} lines, over {LONGEST_LINES}: split it")
    assert not wrong, "\n".join(wrong)


def test_no_file_names_the_machine_it_was_written_on() -> None:
    machine = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/[\w.-]+|(?<![\w/])/tmp/\w+|\.lib" r"rary/")
    wrong = [f"{path}: {match.group()}" for path, text in text_files() if (match := machine.search(text))]
    wrong = [line for line in wrong if not line.startswith("docker/")]  # paths inside the image
    assert not wrong, "\n".join(wrong)


def test_every_public_module_says_what_it_is_for() -> None:
    silent = [path for path, tree in sources().items() if tree.body and not ast.get_docstring(tree)]
    assert not silent, "\n".join(silent)


def test_rooms_are_relative_links_to_the_top_level() -> None:
    for room in ROOMS:
        link = ROOT / "clickwright" / room
        assert link.is_symlink()
        assert link.readlink() == Path("..") / room


def test_the_package_imports_with_no_extra_installed() -> None:
    blocked = sorted(OPTIONAL)
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({blocked!r}))\n"
        "import clickwright, clickwright.cli, gymnasium\n"
        "assert any(name.startswith('clickwright/') for name in gymnasium.registry), 'nothing registered'\n"
        "clickwright.cli.main(['--help'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert "quickstart" in done.stdout


def test_extras_are_those_the_doctor_knows() -> None:
    from clickwright.doctor import EXTRAS

    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["optional-dependencies"]
    for extra, packages in EXTRAS.items():
        names = {re.split(r"[<>=\[;]", line)[0].strip() for line in declared[extra]}
        assert names == set(packages), extra
    assert set(declared) - set(EXTRAS) == {"dev", "all"}
