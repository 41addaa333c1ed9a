"""`orchestrator flower`: Flower on our Celery application, closed and read-only."""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.errors import OrchestratorError

if TYPE_CHECKING:
    from celery import Celery

    from orchestrator.settings import Settings

#: A worker that was replaced leaves the list after so many seconds.
_OFFLINE_SECONDS = 60

AddressOption = Annotated[str, typer.Option(help="Where it listens; loopback unless you say.")]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="The port it listens on.")]


def flower(address: AddressOption = "127.0.0.1", port: PortOption = 5555) -> None:
    """Show workers, queues and steps in the browser, read-only.

    Flower's own settings are read from FLOWER_…: FLOWER_BASIC_AUTH=name:password, for one,
    asks for a password and opens its API to who has it.
    """
    from orchestrator.broker.celery_app import producer_app

    settings = opening.settings().require_addresses()
    if (secret := _cookie_secret(settings)) is not None:
        # By the environment: arguments are shown to everybody by `ps`.
        os.environ.setdefault("FLOWER_COOKIE_SECRET", secret)
    app = producer_app(settings)
    _name_queues(app)
    app.start(
        [
            "flower",
            f"--address={address}",
            f"--port={port}",
            f"--purge_offline_workers={_OFFLINE_SECONDS}",
            "--read_only",
        ]
    )


def _name_queues(app: "Celery") -> None:
    """Tell Flower the queues: it asks the workers once, and is started before them."""
    from orchestrator.canvas import queue_of

    try:
        domains = opening.application().domains
    except OrchestratorError as error:
        output.say(f"Flower shows no queues: {error}")
        return
    if domains:
        app.conf.task_queues = [queue_of(domain) for domain in domains]
        app.conf.task_default_queue = domains[0]  # else it is shown as one more


def _cookie_secret(settings: "Settings") -> str | None:
    """Return the secret of this home, made at the first start: logins outlive a restart."""
    file: Path = settings.home / "flower-secret"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    except OSError:
        return None  # a home that nobody may write: logins last as long as this process
    return file.read_text().strip() or None
