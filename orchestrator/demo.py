"""A demonstration that an application brings: what to run, and how to tell what came of it.

`orchestrator demo` looks for a module `demo` in the application's packages, and in it
for `DEMO`:

    class Shop:
        def submissions(self) -> Iterator[Submission]: ...
        def report(self, ended: Sequence[Ended]) -> Iterator[Table]: ...

    DEMO = Shop()
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    from orchestrator.ledger.views import Run


@dataclass(frozen=True)
class Submission:
    """A run to begin.

    Attributes:
        label: names it for the person who watches.
        idempotency_key: makes a second demonstration find the runs of the first.
        file: what `orchestrator run WORKFLOW --input FILE` takes to begin such a run by hand.
    """

    label: str
    workflow: str
    input: Mapping[str, Any]
    idempotency_key: str
    file: Path | None = None


@dataclass(frozen=True)
class Ended:
    """A run that succeeded.

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


def demo_of(packages: Sequence[str]) -> Demo:
    """Return the demonstration of the first package that brings one.

    Raises:
        ConfigurationError: none does.
    """
    for package in packages:
        name = f"{package}.demo"
        if find_spec(package) is not None and find_spec(name) is not None:
            found = getattr(import_module(name), "DEMO", None)
            if isinstance(found, Demo):
                return found
    raise ConfigurationError(
        f"none of the packages {', '.join(map(repr, packages))} has a module `demo` with a `DEMO`: "
        "start this in a clone of the repository, or run workflows of your own with "
        "`orchestrator up` and `orchestrator run`"
    )
