"""A connection that is cut: calls that get no answer, and never arrived."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tasks.adapters.tryton.session import Session
from tasks.erp_errors import Unavailable


@contextmanager
def cut_off(end: str) -> Iterator[None]:
    """Let no call of a method whose name ends so arrive, until the block ends."""
    call = Session.call

    def cut(session: Session, method: str, *arguments: object, **options: Any) -> Any:
        if method.endswith(end):
            raise Unavailable(f"{method} was cut off")
        return call(session, method, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "call", cut)
        yield
