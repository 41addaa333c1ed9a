"""`python3 -m orchestrator …` on any machine with Python 3.11 and pip.

Whatever is missing is installed first, into an environment inside the clone.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an older Python reads this far, and no further)
    sys.exit(
        f"orchestrator needs Python 3.11 or newer, and this is {sys.version.split()[0]}: "
        "start it with a newer one, for example `python3.13 -m orchestrator`"
    )

from orchestrator import bootstrap


def main() -> int:
    """Install what is missing, then run the command."""
    arguments = sys.argv[1:]
    bootstrap.prepare(arguments)
    if arguments[:1] == ["test"]:
        bootstrap.run_tests(arguments[1:])
    if arguments[:1] == ["bench"]:
        bootstrap.run_benchmarks(arguments[1:])

    from orchestrator import cli  # noqa: PLC0415 (can be imported only now)

    return cli.main() or 0


if __name__ == "__main__":
    sys.exit(main())
