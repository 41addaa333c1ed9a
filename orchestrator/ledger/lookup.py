"""A run, looked up: by the first characters of its id, or for its state alone."""

import sqlalchemy as sa

from orchestrator.errors import RunNotFound
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import runs
from orchestrator.states import RunState


def state(ledger: Ledger, run_id: str) -> RunState:
    """Return the state of a run, for who asks again and again.

    Raises:
        RunNotFound: no run has this id.
    """
    with ledger.read() as connection:
        found = connection.execute(_STATE, {"run": run_id}).scalar()
    if found is None:
        raise RunNotFound.of(run_id)
    return RunState(found)


# Made once: to build a statement takes longer than to run it.
_STATE = sa.select(runs.c.state).where(runs.c.id == sa.bindparam("run"))


def find(ledger: Ledger, beginning: str) -> str:
    """Return the id of the one run whose id begins so.

    Raises:
        RunNotFound: none does, or several do.
    """
    if not isinstance(beginning, str):
        raise RunNotFound(f"no run has an id that begins with {beginning!r}: an id is a text")
    query = (
        sa.select(runs.c.id)
        # The range is what an index can find: no digit of an id comes after an f.
        .where(runs.c.id >= beginning, runs.c.id < f"{beginning}g")
        .where(runs.c.id.startswith(beginning, autoescape=True))
        .limit(2)
    )
    with ledger.read() as connection:
        found = connection.execute(query).scalars().all()
    if len(found) == 1:
        return str(found[0])
    if found:
        raise RunNotFound(f"several runs have an id that begins with {beginning!r}: write more")
    raise RunNotFound(
        f"no run has an id that begins with {beginning!r}: `orchestrator runs list` shows them"
    )
