"""Running again what a run was asked for, as a new run; each names the other."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import events, submission
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.tables import runs


def rerun(
    ledger: Ledger, original: str, asked: Submission, *, by: str, reason: str
) -> tuple[str, bool]:
    """Write a run that repeats another; see `submission.insert`."""
    said: dict[str, Any] = {"by": by, "reason": reason}
    linked = replace(asked, detail={**asked.detail, "rerun_of": original, **said})
    with ledger.write() as connection:
        run_id, is_new = submission.insert(connection, linked)
        if is_new:
            events.append(connection, "run.rerun", original, run=run_id, **said)
    return run_id, is_new


def children_of(ledger: Ledger, run_id: str) -> Mapping[str, str]:
    """Return the versions of the workflows that a run may begin as children, by name."""
    with ledger.read() as connection:
        text = connection.execute(sa.select(runs.c.children).where(runs.c.id == run_id)).scalar()
    return dict(json.loads(text)) if text else {}
