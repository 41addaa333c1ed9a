"""The workflows that runs were begun with, each version once, as plans."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.errors import Unavailable
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import definitions, runs
from orchestrator.ledger.upserts import insert_into
from orchestrator.plan import Plan, PlannedStep, compile_sound
from orchestrator.workflow import Workflow

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A definition, and what it compiles to."""

    workflow: Workflow
    plan: Plan


def keep(connection: sa.Connection, workflows: Iterable[Workflow]) -> None:
    """Keep definitions, unless they are kept already.

    In the order of their versions: two that kept the same ones in different orders would wait
    for each other.
    """
    by_version = {workflow.version: workflow for workflow in workflows}
    inserted = insert_into(connection, definitions).on_conflict_do_nothing()
    for version in sorted(by_version):
        workflow = by_version[version]
        row = {"version": version, "name": workflow.name, "body": workflow.model_dump_json()}
        connection.execute(inserted, row | {"created_at": clock.now()})


class Plans:
    """Plans by workflow version; a version's content never changes, so they keep.

    Args:
        keep: how many stay in memory, the last used ones.
    """

    def __init__(self, ledger: Ledger, *, keep: int = 64) -> None:
        self._ledger = ledger
        self._keep = keep
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()  # a coordinator may be of several threads

    def __call__(self, version: str) -> Plan:
        """Return the plan of a version that a run was begun with."""
        return self._of(version).plan

    def readable(self, version: str) -> Plan | None:
        """Return the plan of a version; None where we cannot read that, which is logged.

        Such a definition holds up its own runs alone.
        """
        try:
            return self(version)
        except Unavailable:
            raise
        except Exception:
            log.exception("version %s cannot be read", version)
            return None

    def step(self, version: str, name: str) -> PlannedStep | None:
        """Return a step of a version; None where we cannot read the version, or it has none."""
        plan = self.readable(version)
        try:
            return None if plan is None else plan[name]
        except KeyError:
            log.exception("version %s has no step %r", version, name)
            return None

    def workflow(self, version: str) -> Workflow:
        """Return the definition of a version that a run was begun with."""
        return self._of(version).workflow

    def of_run(self, run_id: str) -> Plan:
        """Return the plan that a run follows."""
        with self._ledger.read() as connection:
            version = connection.execute(
                sa.select(runs.c.version).where(runs.c.id == run_id)
            ).scalar_one()
        return self(version)

    def remember(self, workflow: Workflow, plan: Plan) -> None:
        """Keep what a run was begun with here, which so need not be read back.

        Args:
            plan: of all its steps.
        """
        with self._lock:
            if plan.version not in self._kept:
                self._put(plan.version, _Kept(workflow, plan))

    def _of(self, version: str) -> _Kept:
        with self._lock:
            found = self._kept.get(version)
            if found is not None:
                self._kept.move_to_end(version)
                return found
        read = self._read(version)
        with self._lock:
            self._put(version, read)
        return read

    def _put(self, version: str, kept: _Kept) -> None:
        self._kept[version] = kept
        if len(self._kept) > self._keep:
            self._kept.popitem(last=False)

    def _read(self, version: str) -> _Kept:
        with self._ledger.read() as connection:
            body = connection.execute(
                sa.select(definitions.c.body).where(definitions.c.version == version)
            ).scalar_one()
        workflow = Workflow.model_validate_json(body)
        return _Kept(workflow, compile_sound(workflow))
