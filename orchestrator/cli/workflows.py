"""`orchestrator workflows`: what can be run, whether it is sound, what shape it has."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.definitions import DefinitionArgument, definition
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption

if TYPE_CHECKING:
    from orchestrator.workflow import Workflow

app = typer.Typer(help="What can be run, and what shape it has.", no_args_is_help=True)


@app.command("list")
def list_workflows(*, json: JsonOption = False) -> None:
    """List the workflows that packages and files define."""
    found = sorted(opening.application().workflows.values(), key=lambda workflow: workflow.name)
    if json:
        output.show_json([_summary(workflow) for workflow in found])
        return
    output.show_table(
        ("WORKFLOW", ">STEPS", "PRIORITY", "INPUT", "DESCRIPTION"),
        (
            (
                summary["name"],
                summary["steps"],
                summary["priority"],
                ", ".join(summary["input"]),
                summary["description"],
            )
            for summary in map(_summary, found)
        ),
        empty="no workflows: ORCHESTRATOR_PACKAGES and ORCHESTRATOR_WORKFLOWS say where they are",
    )


@app.command()
def show(name: DefinitionArgument, *, json: JsonOption = False) -> None:
    """Print a definition as it would stand in a file."""
    workflow = definition(name)
    document = workflow.model_dump(mode="json", exclude_defaults=True)
    if json:
        output.show_json(workflow.model_dump(mode="json"))
        return
    import yaml

    output.show(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100).rstrip())


@app.command()
def validate(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME|FILE]...", help="All that are defined, unless given."),
    ] = None,
    *,
    json: JsonOption = False,
) -> None:
    """List all that is wrong with workflows, a sentence each; exit 1 if there is anything."""
    from orchestrator.cli.soundness import findings

    found = findings(names or [])
    if json:
        output.show_json([finding.document() for finding in found])
    else:
        for finding in found:
            for problem in finding.problems:
                output.show(f"{finding.name}: {problem}")
    problems = sum(len(finding.problems) for finding in found)
    output.say(f"{_count(problems, 'problem')} in {_count(len(found), 'workflow')}")
    if problems:
        raise typer.Exit(Exit.FAILED)


@app.command()
def graph(
    name: DefinitionArgument,
    *,
    text: Annotated[bool, typer.Option("--text", help="Only as text.")] = False,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Only as a Mermaid flowchart.")
    ] = False,
) -> None:
    """Draw a workflow's DAG, as text and as a Mermaid flowchart."""
    from orchestrator.drawing import to_mermaid, to_text
    from orchestrator.plan import compile

    plan = compile(definition(name))
    drawings = [to_text(plan)] if text or not mermaid else []
    drawings += [to_mermaid(plan)] if mermaid or not text else []
    output.show("\n\n".join(drawings))


def _summary(workflow: "Workflow") -> dict[str, Any]:
    from orchestrator.validation.run_input import names_of_input

    return {
        "name": workflow.name,
        "version": workflow.version,
        "description": workflow.description,
        "priority": workflow.priority.name.lower(),
        "steps": len(workflow.steps),
        "input": sorted(names_of_input(workflow) or ()),
    }


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
