"""What every driver does: for each line that asks for work, do it and answer with its seconds.

    {"shape": "fan", "size": 1000}  →  {"seconds": 1.93}

A driver runs in an environment of its own, so it imports nothing of ours but this file. What
a rival prints goes to its log: standard output carries the answers alone.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping


def answer(shapes: Mapping[str, Callable[[int], None]]) -> None:
    """Say that all is ready, and do what is asked for until nobody asks any more.

    Args:
        shapes: `fan` of a width with a step before and one after it, `chain` of a length,
            `runs` of ten steps in a row, as many at once; each returns when all is done.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answers.write("{}\n")
    for line in sys.stdin:
        asked = json.loads(line)
        begun = time.perf_counter()
        shapes[asked["shape"]](asked["size"])
        answers.write(json.dumps({"seconds": time.perf_counter() - begun}) + "\n")
