"""Where a Tryton is: `http://user:password@host:8000/database`, or `https://…`.

The password may be left out and come from the environment, as `TRYTON_PASSWORD`: an address is
seen in more places than a secret should be. It is in no message and in no `repr`.
"""

import os
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, quote, unquote, urlsplit

from orchestrator.errors import ConfigurationError

PASSWORD_SETTING = "TRYTON_PASSWORD"  # noqa: S105 (the name of a setting)
EXAMPLE = "tryton+http://user@host:8000/database"


@dataclass(frozen=True)
class Address:
    """A database of a Tryton server, and who logs in.

    Attributes:
        server: scheme, host, port and path, without a slash at its end.
    """

    server: str
    database: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address that a setting names.

        Raises:
            ConfigurationError: a part of it is missing or wrong, or there is no password.
        """
        try:
            parts = urlsplit(text)
            host = _host(parts)
        except ValueError as error:
            raise ConfigurationError(f"the address of Tryton is wrong, write {EXAMPLE}") from error
        path, _, database = parts.path.rstrip("/").rpartition("/")
        if parts.scheme not in ("http", "https") or not host or not database or not parts.username:
            raise ConfigurationError(
                f"the address of Tryton names no {_missing(parts, database)}: write {EXAMPLE}"
            )
        password = unquote(parts.password or "") or os.environ.get(PASSWORD_SETTING, "")
        if not password:
            raise ConfigurationError(
                f"Tryton's user {unquote(parts.username)!r} has no password: "
                f"set {PASSWORD_SETTING}, or write it into the address behind the user and a colon"
            )
        return cls(
            server=f"{parts.scheme}://{host}{path}",
            database=unquote(database),
            user=unquote(parts.username),
            password=password,
        )

    def __str__(self) -> str:
        """Return it without its password."""
        return f"{self.server}/{quote(self.database)}"


def _host(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{host}:{parts.port}" if parts.port else host


def _missing(parts: SplitResult, database: str) -> str:
    named = {
        "scheme http or https": parts.scheme in ("http", "https"),
        "host": parts.hostname,
        "user": parts.username,
        "database": database,
    }
    return next(name for name, there in named.items() if not there)
