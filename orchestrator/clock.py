"""What time it is, in one place."""

import datetime as dt


def now() -> dt.datetime:
    """Return the time, aware and in UTC."""
    return dt.datetime.now(dt.UTC)
