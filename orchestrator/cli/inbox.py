"""`orchestrator inbox`, `signal` and `answer`: what runs wait for, and what comes to them."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.answer_input import AnswerFileOption, FieldOption, ValueOption
from orchestrator.cli.output import JsonOption, LimitOption
from orchestrator.cli.run import KeyOption
from orchestrator.cli.runs import RunArgument
from orchestrator.cli.who import ByOption, ReasonOption

if TYPE_CHECKING:
    from orchestrator.ledger.waiting.inbox import Waiting


def inbox(
    *,
    person: Annotated[
        str | None, typer.Option(help="Only what waits for this person or role.")
    ] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="SKILL", help="Only what waits for agents of this skill.")
    ] = None,
    signal: Annotated[str | None, typer.Option(help="Only what waits for this signal.")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only steps of this run.")] = None,
    limit: LimitOption = 100,
    json: JsonOption = False,
) -> None:
    """List the steps that wait for an answer, the most urgent first, then the oldest."""
    coordinator = opening.coordinator()
    found = coordinator.waits(
        person=person,
        agent=agent,
        signal=signal,
        run_id=None if run is None else coordinator.find(run),
        limit=limit,
    )
    if json:
        output.show_json([_document(waiting) for waiting in found])
        return
    output.show_table(
        ("RUN", "WORKFLOW", "STEP", "WAITS FOR", "SINCE", "UNTIL", "ON IT", "SHOWN", "ANSWER"),
        (
            (
                waiting.run_id,
                waiting.workflow,
                waiting.step,
                f"{waiting.kind} {waiting.name}",
                waiting.since,
                waiting.until,
                waiting.claimed_by,
                _pairs(waiting.inputs),
                _pairs(waiting.answer),
            )
            for waiting in found
        ),
        empty="nothing waits for an answer",
    )


def signal(
    run: RunArgument,
    name: Annotated[str, typer.Argument(metavar="SIGNAL", help="A signal by name.")],
    *,
    by: ByOption,
    reason: ReasonOption = "",
    set_: FieldOption = None,
    file: AnswerFileOption = None,
    value: ValueOption = None,
    key: KeyOption = None,
) -> None:
    """Send a signal to a run; one that comes before its step waits is kept for it."""
    from orchestrator.cli.answer_input import read_answer

    answer = read_answer(set_ or (), file, value)
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    taken_by = coordinator.signal(run_id, name, answer, by=by, reason=reason, idempotency_key=key)
    if taken_by is None:
        output.say(f"signal {name!r} is kept until a step of run {run_id} waits for it")
    else:
        output.say(f"signal {name!r} is the answer of step {taken_by!r} of run {run_id}")


def answer(
    run: RunArgument,
    step: Annotated[str, typer.Argument(help="A step that waits, by name.")],
    *,
    by: ByOption,
    reason: ReasonOption = "",
    set_: FieldOption = None,
    file: AnswerFileOption = None,
    value: ValueOption = None,
) -> None:
    """Answer a step that waits for a person, a signal or an agent."""
    from orchestrator.cli.answer_input import read_answer

    given = read_answer(set_ or (), file, value)
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    coordinator.answer(run_id, step, given, by=by, reason=reason)
    output.say(f"step {step!r} of run {run_id} is answered")


def _document(waiting: "Waiting") -> dict[str, Any]:
    return {**asdict(waiting), "priority": waiting.priority.name.lower()}


def _pairs(fields: dict[str, Any] | None) -> str:
    return ", ".join(f"{name}: {value}" for name, value in (fields or {}).items())
