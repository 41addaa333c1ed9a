"""Who we are for Tryton: logged in when the first call needs it, and again when that is forgotten.

A server forgets a session that nobody used for some minutes, and all of them when its database
is restored. It answers 401 then and does nothing, so the call is sent once more.
"""

import base64
import contextlib
import threading
from dataclasses import dataclass
from typing import Any

from tasks.adapters.tryton.rpc import NotLoggedIn, Rpc
from tasks.adapters.tryton.wire import Record
from tasks.erp_errors import ErpError, Rejected

#: of messages; the names of states and fields have none
LANGUAGE = "en"


@dataclass(frozen=True)
class Login:
    """A login that the server has granted.

    Attributes:
        authorization: the header that shows it.
        context: what belongs to each call: the user's company, employee and language.
    """

    user_id: int
    authorization: str
    context: Record


class Session:
    """Calls in the name of the address's user; threads share one login."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._lock = threading.Lock()
        self._login: Login | None = None

    @property
    def login(self) -> Login:
        """The login, made now if there is none."""
        return self._login or self._renew(None)

    def call(self, method: str, *arguments: object, context: Record | None = None) -> Any:
        """Return what a method answers, called with the user's context and `context` over it.

        Raises:
            ErpError: see `Rpc.call`; `Rejected` also when the login is refused.
        """
        login = self.login
        try:
            return self._send(login, method, arguments, context)
        except NotLoggedIn:
            login = self._renew(login)
        try:
            return self._send(login, method, arguments, context)
        except NotLoggedIn:
            raise self._refused() from None

    def close(self) -> None:
        """Log out, if that can be done; the server would forget us anyway."""
        with self._lock, contextlib.suppress(ErpError, NotLoggedIn):
            if self._login is not None:
                login, self._login = self._login, None
                self._rpc.call("common.db.logout", [], authorization=login.authorization)

    def renew(self) -> None:
        """Log in anew before the next call: what the user may do, or works for, has changed."""
        with self._lock:
            self._login = None

    def _send(
        self, login: Login, method: str, arguments: tuple[object, ...], context: Record | None
    ) -> Any:
        parameters = [*arguments, {**login.context, **(context or {})}]
        return self._rpc.call(method, parameters, authorization=login.authorization)

    def _renew(self, known: Login | None) -> Login:
        """Log in, unless another thread has done so since `known` was in use."""
        with self._lock:
            if self._login is None or self._login is known:
                self._login = self._log_in()
            return self._login

    def _log_in(self) -> Login:
        address = self._rpc.address
        parameters = [address.user, {"password": address.password}, LANGUAGE]
        try:
            # The answers of 8.0 and 8.2 differ in their third part, which we do not need.
            user_id, token = self._rpc.call("common.db.login", parameters)[:2]
            shown = base64.b64encode(f"{address.user}:{user_id}:{token}".encode()).decode()
            authorization = f"Session {shown}"
            method = "model.res.user.get_preferences"
            preferences = self._rpc.call(method, [True, {}], authorization=authorization)
        except NotLoggedIn:
            raise self._refused() from None
        preferences.pop("locale", None)  # how a screen shows numbers; half of each message
        return Login(user_id, authorization, {**preferences, "language": LANGUAGE})

    def _refused(self) -> Rejected:
        address = self._rpc.address
        return Rejected(
            f"{address} does not take the login of {address.user!r}: see to its password"
        )
