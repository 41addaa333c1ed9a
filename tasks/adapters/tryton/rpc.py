"""The door to Tryton: one POST for a call, and its answer or its error.

A call of 8.0 and later goes to `/<database>/rpc/`. One that meets a lock is repeated here: the
server has tried five times itself and undone all of it, so nothing is done twice.
"""

import itertools
import random
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx

from tasks.adapters.tryton import wire
from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.answers import error_of, error_of_status
from tasks.erp_errors import Busy, Unavailable

CONNECT_SECONDS = 5.0
#: posting an invoice took 2.7 s on a busy machine, and a call waits behind others' locks
ANSWER_SECONDS = 60.0
#: how long a call is repeated that gets no lock
PATIENCE_SECONDS = 20.0
#: the pauses double from the first to the longest; each is taken times 0.5 to 1.5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0


class NotLoggedIn(Exception):
    """The server does not know the session, any more or at all: nothing was done."""


class Rpc:
    """Calls to one database, over a pool of connections that threads may share.

    Args:
        address: whose database.
        answer_seconds: how long an answer may take.
        patience: how many seconds a call is repeated that gets no lock.
    """

    def __init__(
        self,
        address: Address,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.address = address
        self._url = f"{address.server}/{address.database}/rpc/"
        self._patience = patience
        timeout = httpx.Timeout(answer_seconds, connect=CONNECT_SECONDS)
        self._http = httpx.Client(timeout=timeout, headers={"Content-Type": "application/json"})
        self._numbers = itertools.count(1)

    def call(self, method: str, parameters: Sequence[object], *, authorization: str = "") -> Any:
        """Return what a method answers.

        Args:
            method: such as `model.party.party.read`.
            parameters: in its order; of a model, the context is the last.
            authorization: the header of a session; without it the call is nobody's.

        Raises:
            NotLoggedIn: there is no such session.
            Busy: no lock was free for as long as our patience lasts; nothing was done.
            Unavailable: no answer; the message says whether it may have happened.
            Rejected, Confirm, Conflict: Tryton's answer.
        """
        document = {"id": next(self._numbers), "method": method, "params": parameters}
        headers = {"Authorization": authorization} if authorization else {}
        response = self._patiently(method, wire.dumps(document), headers)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            raise NotLoggedIn
        if response.status_code != HTTPStatus.OK:
            where = str(self.address)
            raise error_of_status(response.status_code, response.text, method, where)
        return self._result(response, method)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _patiently(self, method: str, body: str, headers: dict[str, str]) -> httpx.Response:
        began, pause = time.monotonic(), FIRST_PAUSE_SECONDS
        while True:
            response = self._post(method, body, headers)
            if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                return response
            waited = time.monotonic() - began
            if waited + pause > self._patience:
                raise Busy(
                    f"{method}: Tryton got no lock in {waited:.0f} s, and undid what it had begun"
                )
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 (spreads callers, hides nothing)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _post(self, method: str, body: str, headers: dict[str, str]) -> httpx.Response:
        try:
            return self._http.post(self._url, content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(
                f"Tryton does not answer at {self.address}, {method} was not sent: {error}"
            ) from error
        except httpx.TransportError as error:
            raise Unavailable(
                f"{method} was sent to {self.address} and no answer came, it may have happened: "
                f"{str(error) or type(error).__name__}"
            ) from error

    def _result(self, response: httpx.Response, method: str) -> Any:
        try:
            answer = wire.loads(response.text)
        except ValueError as error:
            raise Unavailable(
                f"{self.address} answers {method} with something else than Tryton's JSON: is it "
                "Tryton 8.0 or later? it may have happened"
            ) from error
        if answer.get("error"):
            raise error_of(answer["error"], method)
        return answer.get("result")
