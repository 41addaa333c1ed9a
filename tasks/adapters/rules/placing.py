"""When something can be placed on a plan: the same on every ERP of ours."""

import datetime as dt

from tasks.erp_errors import Rejected


def start_in_utc(start: dt.datetime) -> dt.datetime:
    """Return an aware time in UTC.

    Raises:
        Rejected: it says no time zone.
    """
    if start.tzinfo is None:
        raise Rejected(f"{start} says no time zone: give an aware time")
    return start.astimezone(dt.UTC)
