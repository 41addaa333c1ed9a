"""What Tryton answers instead of a result, in the six kinds of `tasks.erp_errors`.

| Tryton's answer                            | ours                                       |
|--------------------------------------------|--------------------------------------------|
| `UserError`                                | `Rejected`                                 |
| `UserWarning`                              | `Confirm`, with the warning's name         |
| `ConcurrencyException`                     | `Conflict`                                 |
| HTTP 503: no lock, all was rolled back     | `Busy`, once repeating it took too long    |
| HTTP 429: too many wrong passwords         | `Busy`                                     |
| HTTP 404: no such database (or none now)   | `Unavailable`                              |
| other HTTP 5xx: of a gateway in front      | `Unavailable`, it may have happened        |
| HTTP 403: no method for clients            | `Rejected`                                 |
| an exception of its own, such as TypeError | `Rejected`: it fails so again              |
"""

from collections.abc import Sequence
from http import HTTPStatus

from tasks.erp_errors import Busy, Confirm, Conflict, ErpError, Rejected, Unavailable

#: an answer that is not Tryton's may be a whole page
_LONGEST = 300


def error_of(answer: Sequence[object], method: str) -> ErpError:
    """Return the error that a call's answer stands for.

    Args:
        answer: what is under `error`: a kind and its details, or any exception's text.
        method: what was called.
    """
    kind, details = str(answer[0]), answer[1] if len(answer) > 1 else ""
    told = [str(part) for part in details] if isinstance(details, (list, tuple)) else [str(details)]
    match kind:
        case "UserWarning":
            return Confirm(told[0], _sentence(told[1:]))
        case "UserError":
            return Rejected(_sentence(told))
        case "ConcurrencyException":
            return Conflict(f"{method}: somebody else changed this first: {_sentence(told)}")
        case "LoginException":
            return Rejected(f"Tryton asks for {told[0]!r} to log in, and only a person knows that")
    return Rejected(f"Tryton failed at {method}: {kind[:_LONGEST]}")


def error_of_status(status: int, text: str, method: str, where: str) -> ErpError:
    """Return the error that an HTTP status stands for.

    Args:
        status: neither 200 nor 401, which the session answers with a new login.
        text: what came with it.
        method: what was called.
        where: the address, without its password.
    """
    match status:
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return Busy(f"{method}: Tryton got no lock, and undid what it had begun")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Busy(f"{where} takes no login for a while: too many had a wrong password")
        case HTTPStatus.NOT_FOUND:
            return Unavailable(f"there is no Tryton database at {where}, or it is not up")
        case HTTPStatus.FORBIDDEN:
            return Rejected(f"{method} is not for clients of Tryton, or not for this user")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable(
                f"{method} was sent to {where}, which answered {status}: it may have happened"
            )
    return Rejected(f"{where} answered {status} to {method}: {text[:_LONGEST]!r}")


def _sentence(parts: Sequence[str]) -> str:
    """Return Tryton's message, and its description where there is one."""
    message, *more = parts
    description = more[0] if more and more[0] not in ("", "None") else ""
    return f"{message.strip()} ({description.strip()})" if description else message.strip()
