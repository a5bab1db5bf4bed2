"""What this machine has, what it lacks, and the command that mends it (``clickwright doctor``)."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Any

from clickwright.errors import ClickwrightError

EXTRAS: dict[str, tuple[str, ...]] = {
    "web": ("playwright", "miniwob"),
    "train": (
        "torch",
        "transformers",
        "tokenizers",
        "safetensors",
        "rich",
        "tensorboard",
        "matplotlib",
        "pyarrow",
        "rapidfuzz",
    ),
    "view": ("pyarrow", "starlette", "uvicorn"),
    "android": ("adbutils",),
    "tools": (),
    "desktop": (),
    "vllm": ("vllm",),
    "ray": ("ray",),
}
"""Distributions behind each extra; a test keeps this equal to pyproject.toml."""

BASE = ("gymnasium", "numpy", "pydantic", "pillow")
NEEDED_EXTRAS = frozenset({"web", "train"})
"""The extras that the quickstart uses."""


START_S = 30.0
"""Longest wait for a browser that was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked for.

    Example:
        >>> Finding(name="extra ray", value="missing: ray", ok=False, needed=False).mark
        'absent'

    Attributes:
        name: What was looked for.
        value: What was found.
        ok: Whether it can be used.
        needed: Whether web environments and training on them need it.
        fix: The command that mends it; empty when nothing has to be.
    """

    name: str
    value: str
    ok: bool = True
    needed: bool = True
    fix: str = ""

    @property
    def mark(self) -> str:
        """One word for the first column: ``ok``, ``MISSING`` (needed) or ``absent`` (optional)."""
        return "ok" if self.ok else "MISSING" if self.needed else "absent"


def examine(*, browser_only: bool = False) -> list[Finding]:
    """Look at this machine. Starts a browser for a moment; changes nothing.

    Args:
        browser_only: Leave out everything but the browser.
    """
    if browser_only:
        return [_browser()]
    findings = [_python(), _machine(), _packages("base install", BASE, needed=True, extra="")]
    findings += [
        _packages(f"extra {extra}", names, needed=extra in NEEDED_EXTRAS, extra=extra)
        for extra, names in EXTRAS.items()
        if names
    ]
    return [*findings, _browser(), _gpu()]


def usable(findings: Iterable[Finding]) -> bool:
    """Whether everything that web environments and training need was found."""
    return all(finding.ok or not finding.needed for finding in findings)


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings as JSON data."""
    return {"usable": usable(findings), "findings": [asdict(finding) for finding in findings]}


def as_text(findings: Sequence[Finding]) -> str:
    """The findings as a table, with what to do below it."""
    width = max(len(finding.name) for finding in findings)
    lines = [f"{finding.mark:<8} {finding.name:<{width}}  {finding.value}" for finding in findings]
    needed = [finding for finding in findings if finding.needed and not finding.ok]
    optional = [finding for finding in findings if not finding.needed and not finding.ok and finding.fix]
    if needed:
        lines += ["", "To mend what is missing:", *(f"  {finding.fix}" for finding in needed)]
    if optional:
        lines += ["", "If you want them:", *(f"  {finding.fix:<40} # {finding.name}" for finding in optional)]
    if not needed:
        lines += ["", "Everything that is needed is here."]
    return "\n".join(lines)


def _python() -> Finding:
    return Finding(
        name="python",
        value=f"{platform.python_version()} ({sys.executable})",
        ok=sys.version_info >= (3, 11),
        fix="apt-get install -y python3 python3-venv   # 3.11 or newer",
    )


def _machine() -> Finding:
    memory = f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"
    return Finding(name="machine", value=f"{platform.platform(terse=True)}, {os.cpu_count()} cores, {memory} memory")


def _packages(name: str, packages: Sequence[str], *, needed: bool, extra: str) -> Finding:
    found, missing = [], []
    for package in packages:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            missing.append(package)
    value = ", ".join(found) if not missing else f"missing: {', '.join(missing)}"
    target = f"clickwright[{extra}]" if extra else "clickwright"
    return Finding(name=name, value=value, ok=not missing, needed=needed, fix=f"pip install '{target}'")


def _browser() -> Finding:
    """Find a browser and start it once: one that is there but cannot start is no browser."""
    fix = "playwright install --with-deps chromium-headless-shell   # or: apt-get install -y chromium-headless-shell"
    from clickwright.envs.web.browsers import find_browser
    from clickwright.envs.web.engine import Browser

    try:
        found = find_browser()
    except ClickwrightError as error:
        return Finding(name="browser", value=str(error), ok=False, fix=fix)
    try:
        browser = Browser(found)
        try:
            version = browser.run(browser.version(), timeout_s=START_S, where="doctor")
        finally:
            browser.close()
    except ClickwrightError as error:
        return Finding(name="browser", value=f"{found.path} does not start: {error}", ok=False, fix=fix)
    clock = "frames on demand, virtual time" if found.begin_frame else "slower: frames and time are the browser's own"
    return Finding(name="browser", value=f"{found.kind}, {version} ({found.path}); {clock}")


def _gpu() -> Finding:
    if find_spec("torch") is None:
        return Finding(name="gpu", value="unknown: torch is not installed", ok=False, needed=False)
    cuda = import_module("torch").cuda
    if not cuda.is_available():
        return Finding(name="gpu", value="none that torch can use: training runs on the CPU", ok=False, needed=False)
    names = ", ".join(cuda.get_device_name(index) for index in range(cuda.device_count()))
    return Finding(name="gpu", value=names, needed=False)
