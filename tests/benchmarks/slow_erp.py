"""The embedded ERP, as far away as Tryton is: each call takes 30 ms more.

It is an adapter like one of another package: `announced` makes what such a package would have
installed, an entry point of the group `orchestrator.erp`. Each call is noted in a file, where
the benchmark counts them.
"""

import os
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from tasks.adapters.embedded import connect as connect_embedded
from tasks.adapters.erp import ERP

NAME = "slow"
SECONDS_VARIABLE, NOTES_VARIABLE = "BENCH_ERP_SECONDS", "BENCH_ERP_NOTES"


def connect(address: str) -> ERP:
    """Return the embedded ERP at an address, with a delay in front of each call."""
    near = connect_embedded(address)
    seconds = float(os.environ[SECONDS_VARIABLE])
    notes = Path(os.environ[NOTES_VARIABLE])
    roles = {
        field.name: _Far(field.name, getattr(near, field.name), seconds, notes)
        for field in fields(near)
        if field.name != "close"
    }
    return ERP(**roles, close=near.close)


class _Far:
    """One role of an ERP, each of whose methods takes longer."""

    def __init__(self, role: str, near: object, seconds: float, notes: Path) -> None:
        self._role = role
        self._near = near
        self._seconds = seconds
        self._notes = notes

    def __getattr__(self, name: str) -> Any:
        near = getattr(self._near, name)
        return self._delayed(name, near) if callable(near) else near

    def _delayed(self, name: str, near: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            time.sleep(self._seconds)
            try:
                return near(*arguments, **named)
            finally:
                taken = time.perf_counter() - begun
                with self._notes.open("a") as notes:
                    notes.write(f"{self._role}.{name} {taken}\n")

        return call


def announced(folder: Path) -> Path:
    """Make the metadata of a package that brings the adapter; return what goes on the path."""
    metadata = folder / "slow_erp-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-erp\nVersion: 1\n")
    place = f"{__name__}:{connect.__name__}"
    (metadata / "entry_points.txt").write_text(f"[orchestrator.erp]\n{NAME} = {place}\n")
    return folder
