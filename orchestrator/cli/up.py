"""`orchestrator up`: the whole system on this machine, for as long as it is wanted."""

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import invocation, opening, output
from orchestrator.cli.ports import kept_port
from orchestrator.cli.worker import refuse_unknown

#: where Flower is found when nobody else is there
FLOWER_PORT = 5555

HomeOption = Annotated[
    Path | None, typer.Option(help="Folder of its data and logs; ORCHESTRATOR_HOME unless given.")
]
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="Processes of each pool.")]


def up(
    *,
    pool: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=N]", help="Only these pools, with N processes. Repeat it."),
    ] = None,
    concurrency: ConcurrencyOption = 2,
    flower: Annotated[bool, typer.Option(help="Also start Flower.")] = True,
    home: HomeOption = None,
) -> None:
    """Run broker, ledger, pools, maintenance and Flower on this machine until Ctrl-C."""
    from orchestrator.application import Application
    from orchestrator.local.services import services
    from orchestrator.local.stack import Stack

    settings = opening.settings(home)
    application = Application.load(settings)
    sizes = sizes_of(pool or application.domains, concurrency)
    for name in sizes:
        refuse_unknown(name, application)
    with (
        kept_port(FLOWER_PORT) if flower else nullcontext() as port,
        Stack(settings, services(settings, sizes, flower_port=port)) as stack,
    ):
        stack.wait_until_ready()
        output.say(f"pools    {', '.join(f'{name} ({size})' for name, size in sizes.items())}")
        output.say(f"logs     {stack.settings.home / 'logs'}")
        if port is not None:
            output.say(f"Flower   http://127.0.0.1:{port}")
        output.say(f"use it   {invocation.command('run WORKFLOW --watch', home)}")
        output.say("stop it  Ctrl-C")
        stack.watch(output.say)


def sizes_of(pools: Iterable[str], concurrency: int) -> dict[str, int]:
    """Return how many processes each pool is to have.

    >>> sizes_of(["billing=4", "inventory"], 2)
    {'billing': 4, 'inventory': 2}
    """
    sizes = {}
    for pool in pools:
        name, separator, size = pool.partition("=")
        if separator and not (size.isdecimal() and int(size)):
            raise typer.BadParameter(f"{pool!r} has no size: write NAME or NAME=4")
        sizes[name] = int(size) if separator else concurrency
    return sizes
