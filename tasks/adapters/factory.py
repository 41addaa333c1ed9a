"""Which ERP: one setting, `ERP_URL`, names the adapter and the address it connects to.

    ERP_URL=sqlalchemy+sqlite:///erp.db
            └────────┘ └──────────────┘
              adapter       address
    ERP_URL=tryton+http://user:password@host:8000/database

Without it the embedded ERP is taken: in the ledger's database when that is PostgreSQL,
else in `erp.db` in the orchestrator's home. Another adapter announces itself under the
entry point group `orchestrator.erp`: its name is the adapter's, its object a function
that takes the address and returns an `ERP`.
"""

import os
from collections.abc import Callable
from importlib.metadata import entry_points

from orchestrator.errors import ConfigurationError
from orchestrator.settings import Settings
from tasks.adapters.embedded import connect as connect_embedded
from tasks.adapters.erp import ERP
from tasks.adapters.tryton.connect import connect as connect_tryton

#: where adapters of other packages announce themselves
GROUP = "orchestrator.erp"
SETTING = "ERP_URL"

Connect = Callable[[str], ERP]

#: the adapters that are here; SQL addresses have always begun with `sqlalchemy`
_OURS: dict[str, Connect] = {
    "embedded": connect_embedded,
    "sqlalchemy": connect_embedded,
    "tryton": connect_tryton,
}
_EMBEDDED = frozenset({"embedded", "sqlalchemy"})


class ERPFactory:
    """Connects to the ERP that the setting, or the caller, names.

    Args:
        erp_type: the adapter's name, such as `embedded`; the address says it when left out.
        url: instead of the setting `ERP_URL`.
    """

    def __init__(self, erp_type: str | None = None, url: str | None = None) -> None:
        self._erp_type = erp_type
        self._url = url

    def connect(self) -> ERP:
        """Return the ERP.

        Raises:
            ConfigurationError: the address is missing or wrong, or no adapter has this name.
            Unavailable: the ERP does not answer.
        """
        name, address = self._resolve()
        return _adapter(name)(address)

    def check(self) -> None:
        """Do what `connect` does up to the connection: say what is wrong with the settings.

        Raises:
            ConfigurationError: the address is missing or wrong, or no adapter has this name.
        """
        name, _ = self._resolve()
        _adapter(name)

    def _resolve(self) -> tuple[str, str]:
        url = self._url or os.environ.get(SETTING) or _default_url(self._erp_type)
        name, plus, address = url.partition("+")
        if not plus or not address:
            raise ConfigurationError(
                f"{SETTING} begins with {url.partition(':')[0]!r}: write the adapter's name, "
                "a plus and its address, such as 'sqlalchemy+sqlite:///erp.db'"
            )
        wanted = self._erp_type or name
        if not _same_adapter(name, wanted):
            raise ConfigurationError(
                f"the ERP {wanted!r} is asked for, but {SETTING} leads to {name!r}: "
                "change one of them"
            )
        return name, address


def known_adapters() -> list[str]:
    """Return the names that an address may begin with."""
    return sorted({*_OURS, *entry_points(group=GROUP).names})


def _default_url(erp_type: str | None) -> str:
    if erp_type is not None and erp_type not in _EMBEDDED:
        raise ConfigurationError(
            f"{SETTING} is not set, so the ERP {erp_type!r} has no address: "
            f"set it to '{erp_type}+' and where it is, or take one of {known_adapters()}"
        )
    settings = Settings()
    if settings.ledger_url.startswith("postgresql"):
        return f"sqlalchemy+{settings.ledger_url}"
    return f"sqlalchemy+sqlite:///{settings.home.resolve() / 'erp.db'}"


def _same_adapter(name: str, other: str) -> bool:
    return name == other or {name, other} <= _EMBEDDED


def _adapter(name: str) -> Connect:
    if name in _OURS:
        return _OURS[name]
    announced = entry_points(group=GROUP, name=name)
    if not announced:
        raise ConfigurationError(
            f"no adapter is named {name!r}: {SETTING} may begin with "
            f"{', '.join(known_adapters())}; install the package that brings it"
        )
    adapter: Connect = next(iter(announced)).load()
    return adapter
