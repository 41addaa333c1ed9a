"""What differs between one installation and another.

Each setting is an environment variable, `ORCHESTRATOR_` and its name in capitals.
Where the broker and the ledger are not named, those of the embedded stack under
`home` are taken: `orchestrator up` and `orchestrator demo --keep` leave their
addresses there.
"""

import json
import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestrator.capacity.resources import Resource
from orchestrator.definition.durations import Duration
from orchestrator.errors import ConfigurationError

#: File in `home` in which a running embedded stack leaves its addresses.
STACK_FILE = "stack.json"

#: File in `home` in which an embedded stack keeps its ledger, also when it has ended.
LEDGER_FILE = "ledger.db"

#: The schemes of brokers that keep chord counters too.
_BROKERS = ("redis", "rediss")

#: A lease lasts so many beats at least. In one of fewer, a beat that is a little late has the
#: ledger take a healthy worker for dead, and its step for one that ends workers.
_BEATS_OF_LEASE = 2

#: Where everything is; another process must not look for it again.
_ADDRESSES = {"home", "broker_url", "ledger_url", "workflows"}


def _kept(value: object) -> object:
    """Return how long something is kept, from the text of a variable."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.lower() in ("", "none"):
        return None
    # A stack tells its processes in seconds what it was told in words, such as 2592000.0.
    return float(text) if text.replace(".", "", 1).isdecimal() else text


#: How long something is kept, in seconds or as a text; None is for ever.
Keep = Annotated[Duration | None, BeforeValidator(_kept)]


class Settings(BaseSettings):
    """The effective settings; reading them opens no connection."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRATOR_", frozen=True, extra="forbid")

    #: folder of the embedded stack: its broker's data, its ledger, its logs
    home: Path = Path(".orchestrator")
    #: `redis://` or `rediss://`: queues and chord counters
    broker_url: str = ""
    #: SQLAlchemy URL of the ledger: `sqlite:///…` or `postgresql+psycopg://…`
    ledger_url: str = ""
    #: packages whose tasks, providers and workflows are loaded, besides those that
    #: announce themselves under the entry point group `orchestrator.packages`
    packages: Annotated[tuple[str, ...], NoDecode] = ("tasks",)
    #: folder of workflow files, .json, .yaml and .yml
    workflows: Path = Path("config/workflows/production")
    #: resources that no package and no workflow file declares, a JSON list
    resources: tuple[Resource, ...] = ()
    #: a step's result may have this many bytes of JSON
    result_limit_bytes: int = Field(default=262_144, gt=0)
    #: a worker that has not beaten for so long is taken for dead
    lease_seconds: float = Field(default=10.0, gt=0)
    #: how often a worker beats; a lease lasts at least two beats
    beat_seconds: float = Field(default=3.0, gt=0)
    #: how often maintenance looks for timers that are due
    tick_seconds: float = Field(default=0.25, gt=0)
    #: how often maintenance looks for what was lost
    sweep_seconds: float = Field(default=2.0, gt=0)
    #: whether a process goes on with what its step sets free, without a trip to the broker
    bursts: bool = True
    #: touched at each beat of a worker and each tick of maintenance, for health checks
    beat_file: Path | None = None
    #: a step whose worker died this often is not tried again
    max_losses: int = Field(default=3, ge=1)
    #: of the steps of a priority, the one that has waited so long for a worker is served before
    #: all that have not, whatever their priority
    starvation_seconds: float = Field(default=600.0, gt=0)
    #: how long after its end a run that succeeded is kept, such as `30 days`; `none`: for ever
    keep_succeeded: Keep = 30 * 86400.0
    #: the same of a run that failed or was cancelled
    keep_failed: Keep = 90 * 86400.0
    #: an event is sent to a webhook so often, within about 15 hours by itself, and then given up
    webhook_attempts: int = Field(default=10, ge=1)
    #: how long a webhook may take to be connected to, and then to answer
    webhook_timeout_seconds: float = Field(default=5.0, gt=0, le=30)
    #: whether webhooks may carry events in clear beyond this machine
    webhooks_over_http: bool = False

    @field_validator("packages", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())

    @model_validator(mode="after")
    def _lease_outlives_beats(self) -> Self:
        if self.lease_seconds < _BEATS_OF_LEASE * self.beat_seconds:
            raise ConfigurationError(
                f"a lease of {self.lease_seconds:g} s ends before a worker that beats every "
                f"{self.beat_seconds:g} s has missed a beat: set ORCHESTRATOR_LEASE_SECONDS to "
                f"{_BEATS_OF_LEASE * self.beat_seconds:g} or more, or ORCHESTRATOR_BEAT_SECONDS "
                f"to {self.lease_seconds / _BEATS_OF_LEASE:g} or less"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _addresses_of_embedded_stack(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("broker_url") and values.get("ledger_url"):
            return values
        home = Path(values.get("home", ".orchestrator"))
        if (home / STACK_FILE).is_file():
            return {**json.loads((home / STACK_FILE).read_text())["settings"], **values}
        if (home / LEDGER_FILE).is_file():  # of a stack that has ended; its runs can be looked at
            return {"ledger_url": f"sqlite:///{(home / LEDGER_FILE).resolve()}", **values}
        return values

    def require_ledger(self) -> Self:
        """Return the settings, or say that there is no ledger.

        Raises:
            ConfigurationError: the ledger is not named, and no embedded stack has left one.
        """
        return self._require("ledger_url")

    def require_addresses(self) -> Self:
        """Return the settings, or say which address is missing.

        Raises:
            ConfigurationError: the broker or the ledger is not named and no embedded stack runs,
                or the broker is neither Redis nor Valkey.
        """
        self._require("broker_url", "ledger_url")
        scheme = self.broker_url.partition(":")[0]  # the rest may hold a password
        if scheme not in _BROKERS:
            raise ConfigurationError(
                f"the broker cannot live on {scheme!r}: "
                "set ORCHESTRATOR_BROKER_URL to redis://host:6379/0 or rediss://host:6379/0"
            )
        return self

    def _require(self, *names: str) -> Self:
        for name in names:
            if not getattr(self, name):
                raise ConfigurationError(
                    f"ORCHESTRATOR_{name.upper()} is not set and no embedded stack runs in "
                    f"{str(self.home)!r}: set it, or start one with `orchestrator up`"
                )
        return self

    def environment(self) -> dict[str, str]:
        """Return the environment that gives another process these settings."""
        # The default packages may be absent, and a named one may not: what was not said stays so.
        named = (self.model_fields_set | _ADDRESSES) - {"beat_file"}  # each process has its own
        values = {name: getattr(self, name) for name in named}
        values["home"] = self.home.resolve()
        return {
            **os.environ,
            **{f"ORCHESTRATOR_{name.upper()}": _text(value) for name, value in values.items()},
        }


def _text(value: object) -> str:
    if value is None:
        return "none"
    if not isinstance(value, tuple):
        return str(value)
    if any(isinstance(part, Resource) for part in value):
        return json.dumps([part.model_dump(mode="json", exclude_defaults=True) for part in value])
    return ",".join(value)
