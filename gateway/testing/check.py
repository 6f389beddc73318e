"""The kit run over one contract, law by law, without a test file: what `gateway check-plugin` shows."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway.errors import PluginError
from gateway.model import Vendor
from gateway.testing.contract import PluginContract
from gateway.testing.contracts import in_words

_ARGUMENTS = (
    f"--rootdir={Path(__file__).parent}",
    f"--config-file={os.devnull}",
    "--disable-plugin-autoload",
    "--tb=short",
    "--capture=sys",
    *(
        f"-pno:{each}"
        for each in (
            "terminalreporter",
            "cacheprovider",
            "faulthandler",
            "threadexception",
            "unraisableexception",
        )
    ),
)
"""No file near the plugin, or near whoever runs this, has a say; nothing is printed or left behind."""
_SPEAKING = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", "PYTEST_VERSION")


class State(StrEnum):
    """What became of a law."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_YET = "not yet"
    """Broken, as `describe().expected_failures` says."""
    NOT_TRIED = "not tried"
    """About a hook that `describe().cannot` names."""


@dataclass(frozen=True, slots=True)
class Result:
    """One law, tried on one plugin.

    `law` is the name of its test. `text` is the failure of a broken law, and the reason of one that is not
    kept yet or was not tried.
    """

    law: str
    state: State
    seconds: float = 0.0
    text: str = ""

    @property
    def title(self) -> str:
        """The law in words: `delete touches no stranger`."""
        return in_words(self.law)


def laws_of(contract: type[PluginContract]) -> dict[str, str]:
    """The laws a contract is tried on, in the kit's order, each with its docstring; then its own tests."""
    names = [name for home in (*PluginContract.__mro__, *contract.__mro__) for name in vars(home)]
    laws = {name: _law(contract, name) for name in names if name.startswith("test_")}
    return {name: inspect.getdoc(law) or "" for name, law in laws.items() if callable(law)}


def _law(contract: type[PluginContract], name: str) -> Any:
    # A contract hides the laws about what its vendor cannot do behind a None.
    return getattr(contract, name, None) or getattr(PluginContract, name, None)


def chosen(laws: Mapping[str, str], pattern: str) -> list[str]:
    """The laws a pattern means: a part of the name or of its words; the whole of it where there is a `*`."""
    wanted = pattern.lower().removeprefix("test_").replace("_", " ")
    wanted = wanted if "*" in wanted else f"*{wanted}*"
    return [law for law in laws if fnmatchcase(in_words(law), wanted)]


def check(
    contract: type[PluginContract], pattern: str = "", follow: Callable[[str], None] | None = None
) -> list[Result]:
    """Try the laws of a contract on its plugin, in this process; a Result for each, in the kit's order.

    `pattern` chooses laws as `chosen` does. `follow` is told each law's name when it begins. It may be called
    from within a test. Raises PluginError where the laws cannot be tried at all.
    """
    said: Vendor = contract.plugin.describe()
    due = chosen(laws_of(contract), pattern)
    results = {
        law: Result(law, State.NOT_TRIED, text=_excuse(contract, law, said))
        for law in due
        if getattr(contract, law) is None
    }
    if tried := [law for law in due if law not in results]:
        trial = _Trial(contract, tried, said.expected_failures, follow)
        with _alone():
            code = pytest.main([*_ARGUMENTS, __file__], plugins=[trial])
        trial.raise_if_stopped(code)
        results |= trial.results
    return [results[law] for law in due]


def _excuse(contract: type[PluginContract], law: str, said: Vendor) -> str:
    """Why a law is not tried: the hooks it is about that are not there, each with the reason."""
    hooks = [each for each in getattr(_law(contract, law), "needs", ()) if each in said.cannot]
    return "; ".join(f"cannot {hook}: {said.cannot[hook]}" for hook in hooks) or "a hook it needs is missing"


@contextmanager
def _alone() -> Iterator[None]:
    """Without the environment variables by which a pytest, an outer one too, speaks to this one."""
    before = {name: os.environ.pop(name) for name in _SPEAKING if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(before)


class _Held(pytest.Module):
    """A module that holds one contract and is not read from a file."""

    contract: type[PluginContract]

    def _getobj(self) -> ModuleType:
        module = ModuleType("contract")
        vars(module)["TestPlugin"] = self.contract
        return module


class _Trial:
    """Collects the laws of one contract and notes what becomes of each."""

    def __init__(
        self,
        contract: type[PluginContract],
        laws: list[str],
        expected: Mapping[str, str],
        follow: Callable[[str], None] | None,
    ) -> None:
        self.results: dict[str, Result] = {}
        self._contract = contract
        self._laws = laws
        self._expected = expected
        self._follow = follow or (lambda _law: None)
        self._stopped: BaseException | None = None
        self._trouble = ""

    def raise_if_stopped(self, code: int) -> None:
        """Raise what kept the laws from being tried."""
        if self._trouble:
            raise PluginError(f"the laws cannot be tried:\n{self._trouble}")
        if isinstance(self._stopped, KeyboardInterrupt):
            raise self._stopped
        if self._stopped is not None:
            raise PluginError(f"the trial was stopped: {self._stopped}") from self._stopped
        missing = [law for law in self._laws if law not in self.results]
        if missing or code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            raise RuntimeError(f"pytest ended with {code!r}, and without a result for {missing}")

    # From here on: what pytest calls.

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module:
        module = _Held.from_parent(parent, path=module_path)
        module.contract = self._contract
        return module

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [each for each in items if getattr(each, "originalname", None) in self._laws]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._trouble = report.longreprtext

    def pytest_internalerror(self, excrepr: object) -> bool:
        self._trouble = str(excrepr)
        return True

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._stopped = excinfo.value

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        law = item.originalname
        if law not in self.results:
            self.results[law] = Result(law, State.KEPT)
        so_far = replace(self.results[law], seconds=self.results[law].seconds + report.duration)
        self.results[law] = _worse(so_far, self._broken(law, item.name, report))
        return report

    def pytest_runtest_setup(self, item: pytest.Function) -> None:
        if item.originalname not in self.results:
            self._follow(item.originalname)

    def _broken(self, law: str, name: str, report: pytest.TestReport) -> Result | None:
        """What one report says against a law, or nothing; `name` is the law's with its variant."""
        if report.passed:
            return None
        reason = self._expected.get(name) or self._expected.get(law, "")
        state = State.BROKEN
        if report.skipped and reason and hasattr(report, "wasxfail"):
            state, text = State.NOT_YET, reason
        elif report.skipped:
            text = f"the law was skipped, which is no way to keep it: {report.longreprtext}"
        elif reason and report.longreprtext.startswith("[XPASS(strict)]"):
            text = f"the law is kept; take it out of describe().expected_failures, where it stands with: {reason}"
        else:
            text = report.longreprtext
        variant = name.removeprefix(law)
        return Result(law, state, text=f"{variant}\n{text}" if variant else text)


def _worse(so_far: Result, new: Result | None) -> Result:
    """What a law's variants come to: the first failure counts."""
    if new is None or so_far.state == State.BROKEN:
        return so_far
    return replace(so_far, state=new.state, text=new.text)
