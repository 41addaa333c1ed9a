"""The workflows that runs were begun with, each version once, as plans."""

from collections import OrderedDict

import sqlalchemy as sa

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import definitions, runs
from orchestrator.plan import Plan, compile
from orchestrator.workflow import Workflow


class Plans:
    """Plans by workflow version; a version's content never changes, so they keep.

    Args:
        keep: how many plans stay in memory, the last used ones.
    """

    def __init__(self, ledger: Ledger, *, keep: int = 64) -> None:
        self._ledger = ledger
        self._keep = keep
        self._plans: OrderedDict[str, Plan] = OrderedDict()

    def __call__(self, version: str) -> Plan:
        """Return the plan of a version that a run was begun with."""
        if version not in self._plans:
            self._plans[version] = compile(self.workflow(version))
            if len(self._plans) > self._keep:
                self._plans.popitem(last=False)
        self._plans.move_to_end(version)
        return self._plans[version]

    def of_run(self, run_id: str) -> Plan:
        """Return the plan that a run follows."""
        with self._ledger.read() as connection:
            version = connection.execute(
                sa.select(runs.c.version).where(runs.c.id == run_id)
            ).scalar_one()
        return self(version)

    def workflow(self, version: str) -> Workflow:
        """Return the definition of a version that a run was begun with."""
        with self._ledger.read() as connection:
            body = connection.execute(
                sa.select(definitions.c.body).where(definitions.c.version == version)
            ).scalar_one()
        return Workflow.model_validate_json(body)
