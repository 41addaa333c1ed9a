"""The benchmark runs: a short form of it, which times nothing worth reading."""

import re

import pytest

from tests.benchmarks.throughput import main


@pytest.mark.timeout(120)  # two pools start, and the machine may be busy
def test_both_sides_do_the_same_work_and_our_messages_stay_small(capsys):
    main(["--short", "--pairs", "1", "--ledger", "sqlite"])

    _, rates, sizes = re.split(r"steps per second|largest message", capsys.readouterr().out)
    for title in ("fan-out of 30 and join", "chain of 10", "3 runs of ten steps"):
        assert title in rates
        by_hand, ours = re.findall(rf"{title} .*?([\d,]+) \(\d+\) .*?([\d,]+) \(\d+\)", sizes)[0]
        assert int(ours.replace(",", "")) < 2048 < int(by_hand.replace(",", ""))
