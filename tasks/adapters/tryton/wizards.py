"""Tryton's wizards: a few screens, each with buttons that lead on.

    with tryton.wizard("account.invoice.pay", model="account.invoice", ids=[8]) as pay:
        pay.go("choice", amount=Decimal("12.50"), payment_method=1)

A wizard has a session on the server, which stays there until it is deleted; that is done however
the block ends. What was filled in on one screen is sent again with all later ones.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Self

from tasks.adapters.tryton.wire import Record
from tasks.erp_errors import ErpError

#: `execute` and so on, of one wizard
Call = Callable[..., Any]


class Wizard:
    """A wizard that is open.

    Attributes:
        screen: the name of the screen it shows; empty when it has come to its end.
        form: what the screen's fields begin with.
        opens: names of what it wants opened next.
    """

    def __init__(self, call: Call, session: int) -> None:
        self._call = call
        self._session = session
        self._filled: dict[str, Record] = {}
        self.screen = ""
        self.form: Record = {}
        self.opens: tuple[str, ...] = ()

    @classmethod
    @contextlib.contextmanager
    def opened(cls, call: Call) -> Iterator[Self]:
        """Open a wizard, and take its first step.

        Args:
            call: its methods on the server, by name.
        """
        session, first, _ = call("create")
        wizard = cls(call, session)
        try:
            wizard.go(first)
            yield wizard
        finally:
            # It may have been forgotten with the login; a failure inside the block is to be seen.
            with contextlib.suppress(ErpError):
                call("delete", session)

    def go(self, state: str, **values: object) -> None:
        """Fill in the screen and press the button that leads to `state`.

        Args:
            state: the wizard's name for it, such as `create_`.
            values: of fields; the others keep what the screen began with.
        """
        if self.screen:
            self._filled[self.screen] = {**self.form, **values}
        answer: Record = self._call("execute", self._session, self._filled, state) or {}
        view: Record = answer.get("view") or {}
        self.screen = str(view.get("state", ""))
        begins: Record = {**(view.get("defaults") or {}), **(view.get("values") or {})}
        # `party.` has the name of a `party`, for people to read; nobody may send it back.
        self.form = {name: value for name, value in begins.items() if not name.endswith(".")}
        self.opens = tuple(action[0].get("name", "") for action in answer.get("actions") or ())
