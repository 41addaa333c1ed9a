"""What pressing a button comes to: the states afterwards, and what it wants opened instead."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tasks.adapters.tryton.wire import Record


@dataclass(frozen=True)
class Action:
    """Something a client is to open.

    Attributes:
        kind: such as `ir.action.wizard` or `ir.action.report`.
        name: for people.
        wizard: the name of the wizard, where it is one.
    """

    kind: str
    name: str
    wizard: str = ""


@dataclass(frozen=True)
class Pressed:
    """How things are after a button was pressed.

    Attributes:
        states: of the records, by their ids.
        action: what the button answered; it may not have done its work then.
    """

    states: Mapping[int, str]
    action: Action | None

    @property
    def state(self) -> str:
        """The state that all of the records are in; empty where they differ."""
        different = set(self.states.values())
        return different.pop() if len(different) == 1 else ""


def pressed(answer: object, states: Mapping[int, str]) -> Pressed:
    """Return what came of it.

    Args:
        answer: of the button: nothing, a word such as `reload`, or an action.
        states: of the records, read afterwards.
    """
    return Pressed(dict(states), _action(answer) if isinstance(answer, dict) else None)


def fits(name: str, accepted: Collection[str]) -> bool:
    """Say whether a warning has an accepted name.

    Tryton puts a hash of the records it warns of before the name, and a dot: both the whole and
    the name alone are accepted.

    >>> fits("9f2c.invoice_payment_term", {"invoice_payment_term"})
    True
    """
    return name in accepted or name.partition(".")[2] in accepted


def _action(answer: Record) -> Action:
    return Action(
        kind=str(answer.get("type", "")),
        name=str(answer.get("name", "")),
        wizard=str(answer.get("wiz_name") or ""),
    )
