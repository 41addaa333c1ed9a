"""Handovers."""

import pytest

from tasks.erp_errors import NotFound
from tasks.messaging.contracts import Handover


def hand_over(erp, key="run-1", **other):
    given = {"subject": "Tarjouspyyntö", "sender": "a@b.example", "reasons": ["which bolt?"]}
    return erp.handovers.add(key, "mail-1", **given | other)


def test_what_is_handed_over_lies_open(erp):
    handover = hand_over(erp, reasons=["which bolt?", "how many – 10 or 100?"])

    assert erp.handovers.open() == [handover]
    assert handover.reasons == ("which bolt?", "how many – 10 or 100?")
    assert handover.opened_at.utcoffset().total_seconds() == 0


def test_the_same_key_hands_over_once(erp):
    first = hand_over(erp)

    assert hand_over(erp, reasons=["another"]) == first
    assert erp.handovers.open() == [first]


def test_a_handover_is_found_by_its_key_closed_or_not(erp):
    handover = hand_over(erp)
    assert erp.handovers.find("run-1") == handover

    erp.handovers.close(handover.id)

    assert erp.handovers.find("run-1") == handover
    assert erp.handovers.find("run-2") is None


def test_a_very_long_mail_is_handed_over_whole(erp):
    handover = hand_over(erp, "k" * 900, subject="s" * 5000, sender="a" * 900 + "@b.example")

    assert erp.handovers.open() == [handover]


def test_the_oldest_comes_first(erp):
    keys = ["b", "a", "c"]
    for key in keys:
        hand_over(erp, key)

    assert [handover.key for handover in erp.handovers.open()] == keys


def test_what_is_closed_is_off_the_pile_for_good(erp):
    handover = hand_over(erp)

    erp.handovers.close(handover.id)
    erp.handovers.close(handover.id)

    assert erp.handovers.open() == []
    assert hand_over(erp) == handover
    assert erp.handovers.open() == []


def test_an_unknown_one_cannot_be_closed(erp):
    with pytest.raises(NotFound, match="'handover:999999'"):
        erp.handovers.close("handover:999999")


def test_a_handover_travels_as_json(erp):
    handover = hand_over(erp)

    assert Handover.model_validate_json(handover.model_dump_json()) == handover
