"""Runs by what they have in common."""

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from operator import eq, ge, lt

import sqlalchemy as sa

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.tables import runs
from orchestrator.states import RunState
from orchestrator.verbs.fingerprints import error_type, fingerprint


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are meant: those that fit all that is given.

    Runs that others began are left out: verbs reach them by those.

    Attributes:
        error: a part of the error's sentence.
        error_type: the class of the error of the step that failed the run.
        fingerprint: the error without its values, as `orchestrator runs errors` shows it.
        session: the id of their session.
    """

    workflow: str | None = None
    states: Collection[RunState] = ()
    submitted_after: dt.datetime | None = None
    submitted_before: dt.datetime | None = None
    error: str | None = None
    error_type: str | None = None
    fingerprint: str | None = None
    session: str | None = None


def select(ledger: Ledger, wanted: RunFilter) -> list[str]:
    """Return the runs that fit, the oldest first."""
    query = _query(wanted).order_by(runs.c.submitted_at, runs.c.id)
    with ledger.read() as connection:
        return [row.id for row in connection.execute(query) if _fits(row.error, wanted)]


def errors(ledger: Ledger, wanted: RunFilter) -> list[tuple[str, int, str]]:
    """Return the kinds of errors of the runs that fit, the most frequent first.

    Returns:
        Fingerprint, how many, and the id of the newest such run.
    """
    query = _query(wanted).where(runs.c.error.is_not(None)).order_by(runs.c.submitted_at)
    newest: dict[str, str] = {}
    counts: Counter[str] = Counter()
    with ledger.read() as connection:
        for row in connection.execute(query):
            if _fits(row.error, wanted):
                kind = fingerprint(row.error)
                counts[kind] += 1
                newest[kind] = row.id
    return [(kind, count, newest[kind]) for kind, count in counts.most_common()]


def _query(wanted: RunFilter) -> sa.Select[tuple[str, str]]:
    query = sa.select(runs.c.id, runs.c.error).where(runs.c.parent_run.is_(None))
    if wanted.states:
        query = query.where(runs.c.state.in_(wanted.states))
    if wanted.error is not None:
        query = query.where(runs.c.error.contains(wanted.error, autoescape=True))
    for compared, column, value in (
        (eq, runs.c.workflow, wanted.workflow),
        (eq, runs.c.session_id, wanted.session),
        (ge, runs.c.submitted_at, wanted.submitted_after),
        (lt, runs.c.submitted_at, wanted.submitted_before),
    ):
        if value is not None:
            query = query.where(compared(column, value))
    return query


def _fits(error: str | None, wanted: RunFilter) -> bool:
    """Say whether an error is of the kind that is wanted, which SQL cannot tell."""
    if wanted.error_type is None and wanted.fingerprint is None:
        return True
    if error is None:
        return False
    return wanted.error_type in (None, error_type(error)) and wanted.fingerprint in (
        None,
        fingerprint(error),
    )
