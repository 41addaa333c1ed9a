"""The repository as a test sees it: its root, its tracked files, its programs."""

import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: the product: what is held to the house rules about size and names
PACKAGES = ("orchestrator", "workers", "tasks")


def tracked_files() -> list[Path]:
    """Return the files git knows, those added but not yet committed included."""
    # A clone that belongs to somebody else is read all the same: nothing of it is run.
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    listing = subprocess.run([*git, "ls-files", "-z"], check=True, capture_output=True, text=True)
    found = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in found if path.is_file()]


def modules() -> list[Path]:
    """Return the Python files of the product."""
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def program(name: str) -> str:
    """Return the path of a program that was installed beside this Python."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def assert_clean(*argv: str) -> None:
    """Run a checker in the root and show all it says when it is not content."""
    checked = subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert checked.returncode == 0, f"{' '.join(argv)}\n{checked.stdout}{checked.stderr}"
