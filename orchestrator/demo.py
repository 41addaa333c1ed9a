"""A demonstration that an application brings: what to run, and how to tell what came of it.

`orchestrator demo` looks for a module `demo` in the application's packages, and in it
for `DEMO`:

    class Shop:
        def submissions(self) -> Iterator[Submission]: ...
        def report(self, ended: Sequence[Ended]) -> Iterator[Table]: ...

    DEMO = Shop()

An application with several has them in `DEMOS`, by the name that `orchestrator demo NAME` takes.
Where runs wait for people, `attend(coordinator)` plays them; where they end in an ERP,
`erp_setting` names the variable that says in which.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from orchestrator.errors import ConfigurationError
from orchestrator.states import RunState
from orchestrator.suggestion import did_you_mean

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator
    from orchestrator.ledger.views import Run


@dataclass(frozen=True)
class Submission:
    """A run to begin.

    Attributes:
        label: names it for the person who watches.
        idempotency_key: makes a second demonstration find the runs of the first.
        file: what `orchestrator run WORKFLOW --input FILE` takes to begin such a run by hand.
        ends: how the run is meant to end; one that is shown being cancelled is well when it is.
    """

    label: str
    workflow: str
    input: Mapping[str, Any]
    idempotency_key: str
    file: Path | None = None
    ends: RunState = RunState.SUCCEEDED


@dataclass(frozen=True)
class Ended:
    """A run that ended as it was meant to.

    Attributes:
        labels: of the submissions that led to it: several, where they had one key.
        results: what its steps gave, plain JSON by step name.
    """

    labels: tuple[str, ...]
    run: "Run"
    results: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Something to show: rows of texts under their columns; `>` aligns a column to the right."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


@runtime_checkable
class Demo(Protocol):
    """What an application shows of itself."""

    def submissions(self) -> Iterable[Submission]:
        """Return the runs to begin."""
        ...

    def report(self, ended: Sequence[Ended]) -> Iterable[Table]:
        """Tell what came of the runs."""
        ...


@runtime_checkable
class AttendedDemo(Demo, Protocol):
    """A demonstration whose runs wait for people."""

    def attend(self, coordinator: "Coordinator") -> None:
        """Answer what waits now, as people would; called again and again until all have ended."""
        ...


@runtime_checkable
class ErpDemo(Demo, Protocol):
    """A demonstration whose runs end in an ERP."""

    #: the variable of the environment that names it
    erp_setting: str


def demo_of(packages: Sequence[str], name: str | None = None) -> Demo:
    """Return the demonstration of the first package that brings one.

    Args:
        name: which of its demonstrations; the one it shows first when left out.

    Raises:
        ConfigurationError: none does, or none of that name.
    """
    for package in packages:
        module = f"{package}.demo"
        if find_spec(package) is not None and find_spec(module) is not None:
            brought = import_module(module)
            first = getattr(brought, "DEMO", None)
            if isinstance(first, Demo):
                return first if name is None else _named(name, getattr(brought, "DEMOS", {}))
    raise ConfigurationError(
        f"none of the packages {', '.join(map(repr, packages))} has a module `demo` with a `DEMO`: "
        "start this in a clone of the repository, or run workflows of your own with "
        "`orchestrator up` and `orchestrator run`"
    )


def _named(name: str, demos: Mapping[str, Demo]) -> Demo:
    if name not in demos:
        known = ", ".join(map(repr, demos)) or "none that has a name"
        raise ConfigurationError(
            f"the application has no demo {name!r}{did_you_mean(name, demos)}: it has {known}"
        )
    return demos[name]
