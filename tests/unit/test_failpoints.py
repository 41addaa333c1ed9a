"""Failpoints: inert unless armed, and each that is named is reached by production code."""

import ast
import datetime as dt
import os
import signal
import subprocess
import sys
import timeit
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator import failpoints
from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.failpoints import POINTS, arm, arm_from, clock_step, reach
from tests.repository import ROOT

POINT, OTHER = "ledger.committing", "ledger.committed"


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def reached_in_production() -> list[str]:
    return [
        call.args[0].value
        for file in (ROOT / "orchestrator").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "reach"
        and isinstance(call.args[0], ast.Constant)
    ]


def falls(traps: str) -> subprocess.CompletedProcess[bytes]:
    """Reach a point in a process of its own, which leads its own group."""
    program = f"from orchestrator.failpoints import *; arm({traps!r}); reach({POINT!r})"
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, process_group=0, check=False)


def test_each_point_that_is_named_is_reached_by_production_code_and_each_reached_is_named() -> None:
    assert set(reached_in_production()) == set(POINTS)


def test_a_process_that_is_not_armed_passes_a_point_in_less_than_a_microsecond() -> None:
    assert min(timeit.repeat(lambda: reach(POINT), number=1000, repeat=20)) < 1e-3


def test_an_environment_that_asks_for_nothing_arms_nothing() -> None:
    arm_from({})
    arm_from({failpoints.VARIABLE: " "})

    assert failpoints._armed is None


def test_a_trap_springs_at_its_point_alone() -> None:
    arm_from({failpoints.VARIABLE: f"{POINT}=raise"})

    reach(OTHER)
    with pytest.raises(RuntimeError, match=f"failpoint {POINT}"):
        reach(POINT)


def test_a_pattern_stands_for_all_points_that_fit() -> None:
    arm("ledger.*=raise:orchestrator.errors:Unavailable")

    for point in (POINT, OTHER):
        with pytest.raises(Unavailable):
            reach(point)


def test_a_trap_may_spring_after_some_passes_and_so_often() -> None:
    arm(f"{POINT}=raise,skip=2,times=1")

    sprung = []
    for _ in range(5):
        try:
            reach(POINT)
        except RuntimeError:
            sprung.append(True)
        else:
            sprung.append(False)

    assert sprung == [False, False, True, False, False]


def test_a_trap_without_a_chance_never_springs() -> None:
    arm(f"{POINT}=raise,chance=0")

    for _ in range(100):
        reach(POINT)


def test_a_trap_that_springs_once_does_so_in_one_of_all_processes(tmp_path: Path) -> None:
    once = f"{POINT}=exit:3,once={tmp_path / 'fell'}"

    assert [falls(once).returncode for _ in range(3)] == [3, 0, 0]
    assert (tmp_path / "fell").read_text().startswith(f"{POINT} ")


def test_exit_ends_the_process_with_its_code() -> None:
    arm(f"{POINT}=exit:7")

    with pytest.raises(SystemExit, match="7"):
        reach(POINT)


@pytest.mark.parametrize("action", ["kill", "kill:group"])
def test_kill_lets_nothing_be_tidied_up(action: str) -> None:
    assert falls(f"{POINT}={action}").returncode == -signal.SIGKILL


def test_freeze_stops_the_process_until_somebody_lets_it_go_on() -> None:
    program = f"from orchestrator.failpoints import *; arm('{POINT}=freeze'); reach({POINT!r})"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as frozen:
        _, status = os.waitpid(frozen.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

        frozen.send_signal(signal.SIGCONT)

        assert frozen.wait(timeout=10) == 0


def test_delay_waits() -> None:
    arm(f"{POINT}=delay:0.05")

    assert timeit.timeit(lambda: reach(POINT), number=1) >= 0.05


def test_a_file_of_traps_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "traps"
    arm(f"@{file}")
    reach(POINT)

    file.write_text(f"{POINT}=raise\nclock=60")
    with pytest.raises(RuntimeError):
        reach(POINT)
    assert clock_step() == dt.timedelta(seconds=60)

    file.unlink()
    reach(POINT)
    assert clock_step() == dt.timedelta(0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ledger.comitted=kill", "'ledger.comitted', did you mean 'ledger.committed'"),
        (f"{POINT}=kil", "cannot 'kil', did you mean 'kill'"),
        (f"{POINT}=kill:all", "its process or its 'group', not 'all'"),
        (f"{POINT}=kill,time=1", "no option 'time', did you mean 'times'"),
        (f"{POINT}=delay:long", "a number where it has 'long'"),
        (f"{POINT}=raise:orchestrator.errors:Nothing", "cannot raise 'orchestrator.errors:Noth"),
        ("clock=soon", "a number where it has 'soon'"),
    ],
)
def test_what_means_nothing_is_refused_with_what_was_probably_meant(
    text: str, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"ORCHESTRATOR_FAILPOINTS is .*{sentence}"):
        arm_from({failpoints.VARIABLE: text})

    assert failpoints._armed is None
