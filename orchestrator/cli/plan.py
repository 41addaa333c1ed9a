"""`orchestrator plan`: a workflow's chains and chords, as Celery writes them."""

from collections.abc import Mapping
from typing import Any

from orchestrator.cli import output
from orchestrator.cli.definitions import DefinitionArgument, definition
from orchestrator.cli.output import JsonOption


def plan(name: DefinitionArgument, *, json: JsonOption = False) -> None:
    """Show the chains and chords a workflow becomes, its levels, critical path and width."""
    from celery import Celery

    from orchestrator.canvas import drawn
    from orchestrator.drawing import deed_of, predecessors_of
    from orchestrator.plan import compile

    compiled = compile(definition(name))
    # It only names tasks: what is drawn is sent nowhere, so no broker is asked.
    signatures = drawn(Celery("drawing", set_as_current=False), compiled)
    steps = compiled.steps.items()
    kept = {name: planned for name, planned in steps if planned.step.kind != "task"}
    counted = {name: planned for name, planned in steps if planned.arrival == "count"}
    if json:
        output.show_json(
            {
                "workflow": compiled.workflow,
                "version": compiled.version,
                "steps": len(compiled.steps),
                "levels": compiled.levels,
                "critical_path": compiled.critical_path,
                "width": compiled.width,
                "chords": len(compiled.chords),
                "kept": {name: deed_of(planned.step) for name, planned in kept.items()},
                "counted": {name: planned.step.join for name, planned in counted.items()},
                "signatures": signatures,
            }
        )
        return
    output.show(f"{compiled.workflow}  {len(compiled.steps)} steps, version {compiled.version}")
    for heading, lines in (
        ("signatures", [written(signature) for signature in signatures]),
        (
            "levels",
            [f"{n}  {', '.join(names)}" for n, names in enumerate(compiled.levels, start=1)],
        ),
        ("critical path", [" ▶ ".join(compiled.critical_path)]),
        ("width", [str(compiled.width)]),
        ("kept by the ledger", [f"{name}  {deed_of(kept[name].step)}" for name in kept]),
        (
            "counted by the ledger",
            [f"{name}  {predecessors_of(counted[name])}" for name in counted],
        ),
    ):
        if lines:
            output.show("\n".join((f"\n{heading}", *(f"  {line}" for line in lines))))


def written(signature: Mapping[str, Any]) -> str:
    """Return a signature as one would write it in Python, each task by the step that calls it."""
    parts = signature["kwargs"]
    if signature["task"] == "celery.chain":
        return f"chain({', '.join(map(written, parts['tasks']))})"
    if signature["task"] == "celery.chord":
        return f"chord([{', '.join(map(written, parts['header']))}], {written(parts['body'])})"
    return str(signature["args"][0])
