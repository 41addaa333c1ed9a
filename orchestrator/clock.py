"""What time it is, in one place."""

import datetime as dt

from orchestrator.failpoints import clock_step


def now() -> dt.datetime:
    """Return the time, aware and in UTC."""
    return dt.datetime.now(dt.UTC) + clock_step()
