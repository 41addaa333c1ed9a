"""Texts that no ledger can keep, or has no room for: refused in a sentence, nothing done."""

from collections.abc import Callable

import pytest

from orchestrator import Coordinator, Settings, StepState
from orchestrator.errors import InvalidInput
from tests.integration.desk import Desk, note

#: What a command line makes of a byte that is no UTF-8.
HALF = "because \udcff"

Verb = Callable[[Coordinator, str, str], object]

NO_REASON = r"'because \\udcff' is no reason: say why in a text"
VERBS: dict[str, tuple[Verb, str]] = {
    "cancel": (lambda own, run, text: own.cancel(run, by="ann", reason=text), NO_REASON),
    "skip": (lambda own, run, text: own.skip(run, "a", by="ann", reason=text), NO_REASON),
    "pause a pool": (lambda own, _, text: own.pause_pool("toy", by="a", reason=text), NO_REASON),
    "be somebody": (lambda own, _, text: own.pause_pool("toy", by=text), r"udcff' is nobody"),
    "find": (lambda own, _, text: own.cancel(text, by="ann"), r"cannot keep 'because \\udcff'"),
}


@pytest.mark.parametrize(("verb", "said"), VERBS.values(), ids=VERBS.keys())
def test_half_a_character_is_refused_and_nothing_done(desk: Desk, verb: Verb, said: str) -> None:
    run_id = desk.begin(note("a"))

    with pytest.raises(InvalidInput, match=said):
        verb(desk.coordinator, run_id, HALF)

    assert desk.states(run_id) == {"a": StepState.QUEUED}
    assert desk.coordinator.pauses() == []


@pytest.mark.parametrize("text", ["a null\0", "ann " * 60])
def test_a_name_that_the_log_has_no_room_for_is_refused_in_a_sentence(
    desk: Desk, text: str
) -> None:
    with pytest.raises(InvalidInput, match=r"is nobody: say who it is in one line"):
        desk.coordinator.pause_pool("toy", by=text)

    assert desk.coordinator.pauses() == []


def test_what_postgresql_cannot_even_compare_is_refused_in_a_sentence(
    postgres_ledger_url: str,
) -> None:
    coordinator = Coordinator(Settings(ledger_url=postgres_ledger_url, packages=("tests.toy",)))

    with pytest.raises(InvalidInput, match=r"cannot keep a value: .*NUL"):
        coordinator.cancel("a null\0", by="ann")

    coordinator.ledger.close()
