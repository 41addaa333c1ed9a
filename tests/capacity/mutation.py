"""Breaks the scripts on purpose and looks whether the driver notices.

python -m tests.capacity.mutation [part of a name ..]
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
import redis

from orchestrator.capacity.scripts import sources
from orchestrator.local.broker import EmbeddedBroker
from tests.capacity.driver import play
from tests.capacity.mutants import EXAMPLES, MUTANTS, RARE, Mutant

#: How long the driver looks for a bug; nearly all are found in the first three worlds.
SEEDS, STEPS = 60, 150
FOLDER = Path(__file__).parent
#: Files that hold no examples, or slow ones.
OTHERS = ("test_machine", "test_mutants", "test_failover")


def witness(client: "redis.Redis", mutant: Mutant, *, seeds: int = SEEDS) -> str | None:
    """Return what the driver said when it noticed the bug, or None when it never did."""
    texts = mutant.texts(sources())
    for seed in range(seeds):
        try:
            play(client, seed, STEPS, texts)
        except (Exception, pytest.fail.Exception) as error:  # whatever goes wrong is a notice
            said = str(error).split("\n")[0] or type(error).__name__
            return f"{said[:60]} ({', '.join(error.__notes__)})"
    return None


def example(mutant: Mutant) -> str | None:
    """Return the first example that fails with the bug, or None."""
    examples = [str(file) for file in sorted(FOLDER.glob("test_*.py")) if file.stem not in OTHERS]
    options = "-x -q -p no:randomly -p no:cacheprovider -p tests.capacity.broken".split()
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *examples],
        env={**os.environ, "MUTANT": mutant.name},
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.search(r"^FAILED (?:\S+::)?(\S+)", ran.stdout, re.MULTILINE)
    return failed and failed[1]


def chosen(mutants: Iterable[Mutant], words: Iterable[str]) -> list[Mutant]:
    """Return the mutants whose name has one of the words, or all."""
    asked = list(words)
    return [one for one in mutants if not asked or any(word in one.name for word in asked)]


def say(line: str) -> None:
    """Print a line at once: the next one may take a while."""
    print(line, flush=True)  # noqa: T201 # a command


def main() -> None:
    """Try them; fail when one survives that is not known to be rare."""
    survivors = []
    mutants = chosen(MUTANTS, sys.argv[1:])
    examples = chosen(EXAMPLES, sys.argv[1:])
    with tempfile.TemporaryDirectory() as home, EmbeddedBroker(Path(home)) as server:
        client = redis.Redis(port=server.port)
        for mutant in mutants:
            said = witness(client, mutant)
            if said is None and mutant.name in RARE:
                said = example(mutant)
            if said is None:
                survivors.append(mutant.name)
            say(f"{mutant.name:42} {said or 'SURVIVED'}")
    for mutant in examples:
        said = example(mutant)
        if said is None:
            survivors.append(mutant.name)
        say(f"{mutant.name:42} {said or 'SURVIVED'}")
    count = len(mutants) + len(examples)
    say(f"{count - len(survivors)} of {count} noticed")
    if survivors:
        raise SystemExit(f"not noticed: {', '.join(survivors)}")


if __name__ == "__main__":
    main()
