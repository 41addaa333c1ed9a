"""`orchestrator demo`: the embedded stack at work on what the application brings."""

import contextlib
import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.ports import kept_port
from orchestrator.cli.up import FLOWER_PORT, ConcurrencyOption, HomeOption

if TYPE_CHECKING:
    from orchestrator.application import Application
    from orchestrator.cli.samples import Samples
    from orchestrator.demo import Demo
    from orchestrator.local.stack import Stack

#: a real ERP takes seconds where the embedded one takes milliseconds
_TIMEOUT_SECONDS = 600.0


def demo(
    name: Annotated[
        str | None,
        typer.Argument(help="Which demonstration of the application; its first when left out."),
    ] = None,
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Stay up, with Flower, until Ctrl-C.")
    ] = False,
    erp: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The ERP that the work ends in, such as tryton+http://…"),
    ] = None,
    concurrency: ConcurrencyOption = 2,
    home: HomeOption = None,
) -> None:
    """Start everything on this machine, put sample work through it, and show what came of it."""
    from orchestrator.application import Application
    from orchestrator.cli import demo_report
    from orchestrator.demo import demo_of
    from orchestrator.local.services import services
    from orchestrator.local.stack import Stack

    began = time.monotonic()
    settings = opening.settings(home)
    brought = demo_of(settings.packages, name)
    if erp is not None:
        _choose_erp(brought, erp)
    application = Application.load(settings)
    domains = application.domains
    output.say(f"starting a broker, a ledger, maintenance and {len(domains)} pools")
    with (
        kept_port(FLOWER_PORT) if keep else contextlib.nullcontext() as port,
        Stack(
            settings, services(settings, domains, concurrency=concurrency, flower_port=port)
        ) as stack,
    ):
        samples = _put_through(stack, application, brought)
        demo_report.show(samples, brought)
        output.say(
            f"\n{len(samples.runs)} runs in {time.monotonic() - began:.1f} s, start included"
        )
        output.say(demo_report.what_next(samples, home, name=name, flower_port=port))
        if keep:
            with contextlib.suppress(KeyboardInterrupt):  # the end that was asked for
                stack.watch(output.say)
    raise typer.Exit(Exit.FAILED if samples.failed else Exit.SUCCEEDED)


def _choose_erp(brought: "Demo", erp: str) -> None:
    from orchestrator.demo import ErpDemo
    from orchestrator.errors import ConfigurationError

    if not isinstance(brought, ErpDemo):
        raise ConfigurationError("this demonstration ends in no ERP: leave --erp out")
    os.environ[brought.erp_setting] = erp  # the pools begin with what this process has


def _put_through(stack: "Stack", application: "Application", brought: "Demo") -> "Samples":
    """Submit the samples and show them until all have ended, or until that takes too long."""
    from orchestrator.cli.progress import follow
    from orchestrator.cli.samples import Samples
    from orchestrator.coordinator import Coordinator
    from orchestrator.demo import AttendedDemo

    coordinator = Coordinator(stack.settings, application)
    samples = Samples(coordinator, brought.submissions())
    output.say(f"submitted {samples.count} samples; logs are in {stack.settings.home / 'logs'}")
    try:

        def check() -> None:
            stack.check()
            samples.look_at_parked()
            if isinstance(brought, AttendedDemo):
                brought.attend(coordinator)

        follow(samples.progress, timeout=_TIMEOUT_SECONDS, tell=samples.tell, check=check)
    except TimeoutError as error:
        output.say(f"error: {error}")
    return samples
