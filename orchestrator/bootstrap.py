"""From a bare `python3` to a running command, with the standard library only.

Where the dependencies can be imported (uv, a wheel, Docker, an environment of your
own) this does nothing. Otherwise it makes an environment in the clone, installs the
pinned dependencies there, and starts the command again in it.
"""

import os
import re
import sys
import tomllib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NoReturn

CLONE = Path(__file__).resolve().parent.parent
#: what a command needs beyond the dependencies of the library
EXTRAS = {"demo": "offers", "test": "test", "bench": "test"}
#: exit code, as in the whole command line
UNAVAILABLE = 4


def prepare(arguments: Sequence[str], clone: Path = CLONE) -> None:
    """Return if everything is installed; else install it and start the command anew.

    Args:
        arguments: the command and its arguments, as the user gave them.
        clone: the folder that holds pyproject.toml.
    """
    if not (clone / "pyproject.toml").is_file():
        return  # a wheel: whoever installed it chose what came with it
    extra = EXTRAS.get(arguments[0] if arguments else "", "")
    absent = missing(clone, extra)
    if not absent:
        return
    # What makes environments is not loaded by the many starts that need none.
    from orchestrator.environment import Environment, SetupFailed  # noqa: PLC0415 (see above)

    environment = Environment.of(clone)
    try:
        changed = environment.provide(extra or "offers")
    except (SetupFailed, OSError) as problem:
        _give_up(str(problem))
    if not changed and Path(sys.prefix).resolve() == environment.folder:
        _give_up(
            f"{str(environment.folder)!r} lacks {', '.join(absent)}, which was once there: "
            "delete that folder, and the next start makes it anew"
        )
    # The environment is ours to write to, and each process of a stack would compile all that it
    # imports for itself: three seconds of a processor, before it does anything.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _become([environment.python, "-m", "orchestrator", *arguments])


def run_tests(arguments: Sequence[str], clone: Path = CLONE) -> NoReturn:
    """Become pytest, in the clone; without arguments for the whole suite, side by side.

    Most tests wait for processes of theirs, so that there is one runner more than processors;
    each has servers of its own, on ports of their own. Files are begun in their order, in which
    the long ones come first: by itself pytest-xdist begins with those that have most tests,
    which are short.
    """
    _enter(clone)
    runners = str(1 + (os.cpu_count() or 1))
    side_by_side = ("-n", runners, "--dist", "loadfile", "--no-loadscope-reorder")
    _become([sys.executable, "-m", "pytest", *(arguments or side_by_side)])


def run_benchmarks(arguments: Sequence[str], clone: Path = CLONE) -> NoReturn:
    """Become a benchmark, in the clone; without arguments all of them, one after the other."""
    _enter(clone)
    _become([sys.executable, "-m", "tests.benchmarks", *arguments])


def _enter(clone: Path) -> None:
    if not (clone / "tests").is_dir():
        _give_up(f"the tests come with the repository, and there are none in {str(clone)!r}")
    os.chdir(clone)


def missing(clone: Path, extra: str = "") -> list[str]:
    """Return the required distributions that this Python does not have."""
    return [name for name in sorted(_required(clone, extra)) if not _is_installed(name)]


def _required(clone: Path, extra: str) -> set[str]:
    project = tomllib.loads((clone / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    if extra:
        wanted += project["optional-dependencies"][extra]
    # A requirement with a marker may not apply here, and only pip can tell.
    names = {re.split(r"[\s\[<>=!~;]", line)[0] for line in wanted if ";" not in line}
    return names - {project["name"]}


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _become(command: Sequence[str | Path]) -> NoReturn:
    sys.stderr.flush()
    os.execv(command[0], [str(part) for part in command])  # noqa: S606 (our own command)


def _give_up(problem: str) -> NoReturn:
    sys.stderr.write(f"orchestrator: {problem}\n")
    sys.exit(UNAVAILABLE)
