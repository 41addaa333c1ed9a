"""Drawings of a plan: a text for the terminal, and a Mermaid flowchart for a page."""

from collections.abc import Iterator

from orchestrator.plan import Plan, PlannedStep

WIDTH = 100


def to_text(plan: Plan) -> str:
    """Draw the levels of a plan from the first to the last, each step with its predecessors.

    1 │ reserve  inventory.reserve_stock
      ▼
    2 │ charge   billing.charge_card     ◀ reserve
      │ book     scheduling.book_truck   ◀ reserve
      ▼
    3 │ notify   messaging.send_receipt  ◀ charge, book
    """
    names = max(map(len, plan.steps), default=0)
    tasks = max((len(_task(planned)) for planned in plan.steps.values()), default=0)
    margin = len(str(len(plan.levels)))
    lines = []
    for number, level in enumerate(plan.levels, start=1):
        if number > 1:
            lines.append(f"{'':{margin}} ▼")
        for place, name in enumerate(level):
            label = "" if place else str(number)
            planned = plan.steps[name]
            start = f"{label:>{margin}} │ {name:{names}}  {_task(planned):{tasks}}"
            lines.append(f"{start}  {_predecessors(planned, WIDTH - len(start) - 2)}".rstrip())
    return "\n".join(lines)


def to_mermaid(plan: Plan) -> str:
    """Draw a plan as a Mermaid flowchart; a dashed step may fail without failing the run."""
    return "\n".join(_mermaid(plan))


def _task(planned: PlannedStep) -> str:
    step = planned.step
    return f"{step.task} ({step.priority.name.lower()})" if step.priority is not None else step.task


def _predecessors(planned: PlannedStep, room: int) -> str:
    """List a step's predecessors, as many as there is room for."""
    names = planned.header
    if not names:
        return ""
    for shown in range(len(names), 0, -1):
        rest = f" and {len(names) - shown} more" if shown < len(names) else ""
        text = f"◀ {', '.join(names[:shown])}{rest}"
        if len(text) <= room:
            return text
    return f"◀ {len(names)} steps"


def _mermaid(plan: Plan) -> Iterator[str]:
    yield "flowchart TD"
    for name, planned in plan.steps.items():
        yield f'    {_identifier(name)}["{_escaped(name)}<br/>{_escaped(_task(planned))}"]'
    for name, planned in plan.steps.items():
        for predecessor in planned.header:
            yield f"    {_identifier(predecessor)} --> {_identifier(name)}"
    tolerated = [name for name, planned in plan.steps.items() if not planned.step.critical]
    if tolerated:
        yield "    classDef tolerated stroke-dasharray: 4 4"
        yield f"    class {','.join(map(_identifier, tolerated))} tolerated"


def _identifier(name: str) -> str:
    """Keep a step's name from being one of Mermaid's words, as `end` is."""
    return f"step_{name}"


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
