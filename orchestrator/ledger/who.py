"""Who does something and why, as the log keeps it for good: checked before anything is done."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from orchestrator.errors import InvalidInput

P = ParamSpec("P")
T = TypeVar("T")

#: As long as the ledger's columns for names.
_NAME_CHARACTERS = 200
_REASON_CHARACTERS = 2000

#: So much of what is refused is shown.
_SHOWN = 60


def accountable(verb: Callable[P, T]) -> Callable[P, T]:
    """Check the `by` and the `reason` that a verb is given, before it does anything.

    A reason that the verb demands must say something; another may be left empty.

    Raises:
        InvalidInput: from the verb, when one of them is nothing the log can keep.
    """
    taken = inspect.signature(verb).parameters
    demanded = "reason" in taken and taken["reason"].default is inspect.Parameter.empty

    @wraps(verb)
    def checked(*args: P.args, **options: P.kwargs) -> T:
        if "by" in options:
            _check_name(options["by"])
        if "reason" in options:
            _check_reason(options["reason"], demanded=demanded)
        return verb(*args, **options)

    return checked


def _check_name(by: object) -> None:
    is_name = isinstance(by, str) and by.strip() != "" and by.isprintable()
    if not is_name or len(str(by)) > _NAME_CHARACTERS:
        raise InvalidInput(
            f"{_shown(by)} is nobody: say who it is in one line, of at most {_NAME_CHARACTERS} "
            "characters"
        )


def _check_reason(reason: object, *, demanded: bool) -> None:
    if not isinstance(reason, str) or not _can_be_kept(reason):
        raise InvalidInput(
            f"{_shown(reason)} is no reason: say why in a text, of at most "
            f"{_REASON_CHARACTERS:,} characters"
        )
    if demanded and not reason.strip():
        raise InvalidInput("an empty reason says nothing: say why, for who looks later")


def _can_be_kept(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= _REASON_CHARACTERS and "\0" not in text


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
