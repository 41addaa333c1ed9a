"""Business time is real time, until a test moves it."""

import datetime as dt
import threading

import pytest

from orchestrator import clock
from orchestrator.ledger import Ledger, moved_clock

A_SECOND = dt.timedelta(seconds=1)


def business_time(ledger: Ledger) -> dt.datetime:
    with ledger.read() as connection:
        return moved_clock.now(connection)


def test_a_ledger_that_nobody_moved_goes_by_real_time(ledger: Ledger) -> None:
    assert abs(business_time(ledger) - clock.now()) < A_SECOND


def test_moves_add_up_and_are_seen_by_everybody(ledger: Ledger, ledger_url: str) -> None:
    moved_clock.move(ledger, 3600)
    told = moved_clock.move(ledger, 86400)

    other = Ledger(ledger_url)
    seen = business_time(other)
    other.close()
    assert abs(seen - clock.now() - dt.timedelta(days=1, hours=1)) < A_SECOND
    assert abs(seen - told) < A_SECOND


def test_two_that_move_at_once_both_do(ledger: Ledger) -> None:
    movers = [threading.Thread(target=moved_clock.move, args=(ledger, 60)) for _ in range(8)]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()

    with ledger.read() as connection:
        assert moved_clock.offset(connection) == dt.timedelta(seconds=480)


def test_it_does_not_go_back(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="cannot go back by 5 s"):
        moved_clock.move(ledger, -5)
