"""Every benchmark by its name, each beside what it is compared with; see `orchestrator bench`."""

import sys
from collections.abc import Callable, Sequence

from tests.benchmarks import latency, parked, permits, sizes, submission, throughput

BENCHMARKS: dict[str, Callable[[Sequence[str]], None]] = {
    "throughput": throughput.main,
    "latency": latency.main,
    "submission": submission.main,
    "sizes": sizes.main,
    "permits": permits.main,
    "parked": parked.main,
}


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark that is named first, with the options after it, or all of them."""
    if not arguments:
        for name, run in BENCHMARKS.items():
            sys.stdout.write(f"\n{name}\n")
            run(())
        return
    name, *options = arguments
    if name not in BENCHMARKS:
        sys.exit(f"{name!r} is no benchmark: it is one of {', '.join(BENCHMARKS)}")
    BENCHMARKS[name](options)


if __name__ == "__main__":
    main(sys.argv[1:])
