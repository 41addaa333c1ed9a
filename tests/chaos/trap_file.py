"""The traps of a process while it runs: the file that it looks into at every failpoint."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from orchestrator.failpoints import VARIABLE

_numbers = count()


@dataclass(frozen=True)
class TrapFile:
    """A file of traps."""

    path: Path

    @property
    def variable(self) -> dict[str, str]:
        """What the environment of the process must have."""
        return {VARIABLE: f"@{self.path}"}

    def set(self, *traps: str) -> None:
        """Set these traps in the place of those before."""
        new = self.path.with_suffix(".new")
        new.write_text("\n".join(traps))
        new.replace(self.path)

    def set_once(self, point: str, action: str) -> Path:
        """Set one trap for one process to fall into, and return the file that it then makes."""
        marker = self.path.with_suffix(f".{next(_numbers)}")
        self.set(f"{point}={action},once={marker}")
        return marker

    def clear(self) -> None:
        """Take every trap away."""
        self.set()


@dataclass(frozen=True)
class Fall:
    """Who fell into a trap, and when."""

    point: str
    pid: int
    at: float

    @classmethod
    def read(cls, marker: Path) -> "Fall | None":
        """Return what a marker says, or None if nobody has made it."""
        if not marker.exists() or not (said := marker.read_text().split()):
            return None
        return cls(said[0], int(said[1]), float(said[2]))
