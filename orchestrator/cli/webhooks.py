"""`orchestrator webhooks`: who outside is told of events, and what they were told."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption, LimitOption
from orchestrator.cli.who import ByOption, ReasonOption

if TYPE_CHECKING:
    from orchestrator.ledger import Ledger

app = typer.Typer(help="Tell other systems of events, signed.", no_args_is_help=True)

WebhookArgument = Annotated[str, typer.Argument(metavar="WEBHOOK", help="A webhook's id.")]


class DeliveryState(StrEnum):
    """What became of an event for a webhook."""

    DELIVERED = "delivered"
    DUE = "due"
    GIVEN_UP = "given up"


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to: https, or http on this machine.")],
    event: Annotated[
        list[str],
        typer.Option(metavar="TYPE", help="Of what: step.failed, 'run.*', '*'. Repeat it."),
    ],
    by: ByOption,
    *,
    json: JsonOption = False,
) -> None:
    """Tell an address of events from now on; print its id and its secret, this once."""
    from orchestrator.ledger.log import webhooks

    over_http = opening.settings().webhooks_over_http
    made, secret = webhooks.add(_ledger(), url, event, by=by, over_http=over_http)
    if json:
        output.show_json({"id": made.id, "secret": secret})
        return
    output.show(f"{made.id} {secret}")
    output.say("keep the secret, its receiver needs it to know us: it is not shown again")


@app.command("list")
def list_webhooks(*, json: JsonOption = False) -> None:
    """List the webhooks, without their secrets."""
    from dataclasses import asdict

    from orchestrator.ledger.log import webhooks

    found = webhooks.list_all(_ledger())
    if json:
        output.show_json([asdict(hook) for hook in found])
        return
    output.show_table(
        ("WEBHOOK", "URL", "EVENTS", "BY", "CREATED", "DISABLED"),
        (
            (hook.id, hook.url, ", ".join(hook.events), hook.by, hook.created_at, hook.disabled_at)
            for hook in found
        ),
        empty="no webhooks: `orchestrator webhooks add URL --event 'run.*'` adds one",
    )


@app.command()
def remove(webhook: WebhookArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Forget a webhook, and what it has not been told."""
    from orchestrator.ledger.log import webhooks

    webhooks.remove(_ledger(), webhook, by=by, reason=reason)
    output.say(f"webhook {webhook} is removed")


@app.command()
def disable(webhook: WebhookArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Tell a webhook nothing for now."""
    from orchestrator.ledger.log import webhooks

    done = webhooks.disable(_ledger(), webhook, by=by, reason=reason)
    output.say(f"webhook {webhook} {'is' if done else 'was already'} disabled")


@app.command()
def enable(webhook: WebhookArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Tell a webhook again what is new; what happened meanwhile it is not told."""
    from orchestrator.ledger.log import webhooks

    done = webhooks.enable(_ledger(), webhook, by=by, reason=reason)
    output.say(f"webhook {webhook} {'is' if done else 'was already'} enabled")


@app.command()
def test(webhook: WebhookArgument) -> None:
    """Send a webhook a `webhook.test` now, and say whether it was taken."""
    from orchestrator.ledger.log import webhooks
    from orchestrator.listening.webhook_client import WebhookClient

    with WebhookClient.of(opening.settings()) as client:
        error = client.test(webhook, *webhooks.address(_ledger(), webhook))
    if error is not None:
        output.say(f"error: webhook {webhook} was not told: {error}")
        raise typer.Exit(Exit.FAILED)
    output.say(f"webhook {webhook} took the message")


@app.command("deliveries")
def list_deliveries(
    webhook: WebhookArgument,
    *,
    state: Annotated[
        list[DeliveryState] | None, typer.Option(help="Only those in this state. Repeat it.")
    ] = None,
    limit: LimitOption = 50,
    json: JsonOption = False,
) -> None:
    """List what a webhook was told, is due, and could not be told; the newest first."""
    from dataclasses import asdict

    from orchestrator.ledger.log import deliveries, webhooks

    ledger = _ledger()
    webhooks.find(ledger, webhook)  # one that is not there has no deliveries either
    found = deliveries.list_of(ledger, webhook, states=state or (), limit=limit)
    if json:
        output.show_json([{**asdict(one), "state": one.state} for one in found])
        return
    output.show_table(
        (">EVENT", "NAME", "RUN", "STATE", ">ATTEMPTS", "DELIVERED", "NEXT", "ERROR"),
        (
            (
                *(one.event_id, one.name, one.run_id, one.state, one.attempts),
                *(one.delivered_at, one.due_at, one.error),
            )
            for one in found
        ),
        empty=f"no such deliveries: webhook {webhook} has nothing to be told of",
    )


@app.command()
def resend(webhook: WebhookArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Try again what was given up."""
    from orchestrator.ledger.log import deliveries

    events = deliveries.resend(_ledger(), webhook, by=by, reason=reason)
    output.say(f"events that webhook {webhook} is sent again: {events}")


def _ledger() -> "Ledger":
    from orchestrator.ledger import Ledger

    return Ledger(opening.settings().require_ledger().ledger_url)
