"""Texts that no ledger can keep, or has no room for: refused in a sentence, nothing done."""

from collections.abc import Callable

import pytest

from orchestrator import Coordinator, Settings, StepState
from orchestrator.errors import InvalidInput
from tests.integration.desk import Desk, note

#: What a command line makes of a byte that is no UTF-8.
HALF = "because \udcff"

Verb = Callable[[Coordinator, str, str], object]
VERBS: dict[str, Verb] = {
    "cancel": lambda own, run_id, text: own.cancel(run_id, by="ann", reason=text),
    "skip": lambda own, run_id, text: own.skip(run_id, "a", by="ann", reason=text),
    "pause a pool": lambda own, _, text: own.pause_pool("toy", by="ann", reason=text),
    "be somebody": lambda own, _, text: own.pause_pool("toy", by=text),
    "find": lambda own, _, text: own.cancel(text, by="ann"),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_half_a_character_is_refused_and_nothing_done(desk: Desk, verb: Verb) -> None:
    run_id = desk.begin(note("a"))

    with pytest.raises(InvalidInput, match=r"cannot keep 'because \\udcff'"):
        verb(desk.coordinator, run_id, HALF)

    assert desk.states(run_id) == {"a": StepState.QUEUED}
    assert desk.coordinator.pauses() == []


@pytest.mark.parametrize("text", ["a null\0", "ann " * 60])
def test_what_postgresql_has_no_room_for_is_refused_in_a_sentence(
    postgres_ledger_url: str, text: str
) -> None:
    coordinator = Coordinator(Settings(ledger_url=postgres_ledger_url, packages=("tests.toy",)))

    with pytest.raises(InvalidInput, match=r"cannot keep a value: .*(NUL|too long)"):
        coordinator.pause_pool("toy", by=text)

    assert coordinator.pauses() == []
    coordinator.ledger.close()
