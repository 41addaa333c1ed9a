"""`orchestrator resources`: what steps take permits of, who holds them, and how much there is."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.output import JsonOption
from orchestrator.cli.who import ByOption, ReasonOption
from orchestrator.errors import InvalidInput

if TYPE_CHECKING:
    from orchestrator.verbs.sharing import ResourceView

app = typer.Typer(help="See what steps share, and change how much there is.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="RESOURCE", help="A resource by name.")]


@app.command("list")
def list_resources(*, json: JsonOption = False) -> None:
    """List the resources: how much there is, is used and is waited for."""
    found = opening.coordinator().resources()
    if json:
        output.show_json([_document(view) for view in found])
        return
    columns = ("RESOURCE", "TYPE", ">CAPACITY", ">USED", ">PEAK", ">WAITING", ">OLDEST", "SET BY")
    output.show_table(columns, map(_row, found), empty="no package declares a resource")


@app.command("show")
def show(name: NameArgument, *, json: JsonOption = False) -> None:
    """Show one resource with those who hold it."""
    view = opening.coordinator().resource(name)
    if json:
        output.show_json(_document(view))
        return
    for title, value in _facts(view):
        output.show(f"{title:<10} {value}")
    held = () if view.usage is None else view.usage.holders
    rows = ((holder.id, holder.amount, _time(holder.since), holder.session) for holder in held)
    output.show_table(("HOLDER", ">AMOUNT", "SINCE", "SESSION"), rows, empty="nobody holds it")


@app.command("set")
def set_capacity(
    name: NameArgument,
    capacity: Annotated[
        str, typer.Argument(metavar="CAPACITY", help="A number, or `declared` to go back.")
    ],
    by: ByOption,
    reason: ReasonOption = "the capacity was changed",
) -> None:
    """Change how much there is of a resource; what is held stays held."""
    found = opening.coordinator().set_capacity(name, _capacity(capacity), by=by, reason=reason)
    output.say(f"resource {name} has {found.capacity}")


@app.command("block")
def block(
    name: NameArgument,
    seconds: Annotated[float, typer.Argument(min=0, help="For so long; 0 lets it go on.")],
    by: ByOption,
    reason: ReasonOption = "it was blocked",
) -> None:
    """Grant nothing of a resource for a while, as a 429 with Retry-After asks for."""
    opening.coordinator().block(name, seconds, by=by, reason=reason)
    output.say(f"nothing of resource {name} is granted for {seconds:g} s")


@app.command("leases")
def leases(
    name: Annotated[str | None, typer.Argument(metavar="RESOURCE", help="Of this one.")] = None,
    *,
    json: JsonOption = False,
) -> None:
    """List who holds permits: a step as `run:step:attempt`, a scope of a run as `run:@0`."""
    found = opening.coordinator().leases(name)
    if json:
        output.show_json([{**asdict(lease), "state": lease.state.name.lower()} for lease in found])
        return
    rows = (
        (
            lease.id,
            lease.state.name.lower(),
            ", ".join(f"{amount} {resource}" for resource, amount in lease.need.items()),
            _time(lease.since),
            lease.token,
        )
        for lease in found
    )
    columns = ("HOLDER", "STATE", "HOLDS", "SINCE", ">TOKEN")
    output.show_table(columns, rows, empty="nobody holds a permit")


@app.command("metrics")
def metrics() -> None:
    """Print how the resources are used as Prometheus reads it."""
    from orchestrator.metrics import exposition

    coordinator = opening.coordinator()
    usages = [view.usage for view in coordinator.resources() if view.usage is not None]
    output.show(exposition(usages, coordinator.permit_totals()).rstrip())


@app.command("free")
def free(
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help="As `leases` names it.")],
    by: ByOption,
    reason: ReasonOption,
) -> None:
    """Take the permits from a holder; a step that runs with them is lost, and done again."""
    opening.coordinator().free(holder, by=by, reason=reason)
    output.say(f"{holder} holds no permits any more")


def _capacity(text: str) -> int | None:
    if text == "declared":
        return None
    if not text.isdecimal():
        raise InvalidInput(f"{text!r} is no capacity: write a whole number, or `declared`")
    return int(text)


def _row(view: "ResourceView") -> tuple[object, ...]:
    declared, usage, own = view.declared, view.usage, view.declared.override
    set_by = "" if own is None else f"{own.by}: {own.reason}"
    used: tuple[object, ...] = ("", "", "", "")
    if usage is not None:
        oldest = f"{usage.oldest_wait:.1f} s" if usage.waiting else ""
        used = (usage.used, usage.peak, usage.waiting, oldest)
    return (declared.resource.name, declared.resource.type, _of(view), *used, set_by)


def _of(view: "ResourceView") -> str:
    resource, capacity = view.declared.resource, view.declared.capacity
    if resource.is_lock:
        return "lock"
    return f"{capacity}/{resource.per:g} s" if resource.per else str(capacity)


def _facts(view: "ResourceView") -> Iterable[tuple[str, object]]:
    declared, usage = view.declared, view.usage
    yield "resource", f"{declared.resource.name}, {declared.resource.type}"
    yield "capacity", _of(view)
    if declared.override is not None:
        own = declared.override
        yield "set", f"by {own.by} at {own.at:%Y-%m-%d %H:%M:%S} UTC: {own.reason}"
        yield "declared", declared.resource.limit
    if usage is None:
        yield "used", "not known: Redis does not answer, or has granted nothing yet"
        return
    yield "used", f"{usage.used}, {usage.available} left"
    yield "peak", f"{usage.peak} at {_time(usage.peak_at)}" if usage.peak else 0
    first = f", the first since {usage.oldest_wait:.1f} s" if usage.waiting else ""
    yield "waiting", f"{usage.waiting}{first}"
    if usage.over_by:
        yield "over by", usage.over_by
    if usage.blocked_for:
        yield "blocked", f"for {usage.blocked_for:.1f} s more"
    if usage.champion:
        yield "kept for", usage.champion
    yield "granted", f"{usage.grants}, taken back from the dead {usage.reclaimed}"


def _document(view: "ResourceView") -> dict[str, Any]:
    declared = view.declared
    return {
        "name": declared.resource.name,
        "declared": declared.resource.model_dump(mode="json"),
        "capacity": declared.capacity,
        "override": None if declared.override is None else asdict(declared.override),
        "usage": None if view.usage is None else asdict(view.usage),
    }


def _time(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M:%S}"
