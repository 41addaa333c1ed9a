"""Drawings of a plan: a text for the terminal, and a Mermaid flowchart for a page."""

from collections.abc import Iterator

from orchestrator.definition.durations import words
from orchestrator.definition.wait_for import WaitFor
from orchestrator.plan import Plan, PlannedStep
from orchestrator.workflow import Step

WIDTH = 100

#: Around a step's label in Mermaid: a child run is framed twice, what waits is round.
_PLAIN, _CHILD, _WAIT = ("[", "]"), ("[[", "]]"), ("([", "])")


def to_text(plan: Plan) -> str:
    """Draw the levels of a plan from the first to the last, each step with its predecessors.

    A full arrow points at those it waits for, a hollow one at those it rather follows.

    1 │ reserve  inventory.reserve_stock
      ▼
    2 │ charge   billing.charge_card, undone by billing.refund_card  ◀ reserve
      │ approve  waits for head of sales                             ◀ reserve ◁ charge
      ▼
    3 │ notify   messaging.send_receipt                              ◀ any of charge, approve
    """
    names = max(map(len, plan.steps), default=0)
    deeds = max((len(deed_of(planned.step)) for planned in plan.steps.values()), default=0)
    margin = len(str(len(plan.levels)))
    lines = []
    for number, level in enumerate(plan.levels, start=1):
        if number > 1:
            lines.append(f"{'':{margin}} ▼")
        for place, name in enumerate(level):
            label = "" if place else str(number)
            planned = plan.steps[name]
            start = f"{label:>{margin}} │ {name:{names}}  {deed_of(planned.step):{deeds}}"
            lines.append(f"{start}  {predecessors_of(planned, WIDTH - len(start) - 2)}".rstrip())
    return "\n".join(lines)


def to_mermaid(plan: Plan) -> str:
    """Draw a plan as a Mermaid flowchart; a dashed step may fail without failing the run."""
    return "\n".join(_mermaid(plan))


def deed_of(step: Step) -> str:
    """Return what a step does, in words.

    >>> deed_of(Step(name="ask", wait_for=WaitFor(person="head of sales")))
    'waits for head of sales'
    """
    if step.wait_for is not None:
        deed = _wait(step.wait_for)
    else:
        deed = step.task or f"workflow {step.workflow}"
    if step.map is not None:
        over = step.map.over
        deed += f" for each of {over if isinstance(over, str) else len(over)}"
    if step.priority is not None:
        deed += f" ({step.priority.name.lower()})"
    if step.compensate is not None:
        deed += f", undone by {step.compensate.task}"
    return f"{deed}, irrevocable" if step.irrevocable else deed


def _wait(wait: WaitFor) -> str:
    if isinstance(wait.timer, float):
        return f"waits {words(wait.timer)}"
    if wait.timer is not None:
        return f"waits until {wait.timer}"
    if wait.signal is not None:
        return f"waits for signal {wait.signal}"
    return f"waits for agent {wait.agent}" if wait.agent is not None else f"waits for {wait.person}"


def predecessors_of(planned: PlannedStep, room: int = WIDTH) -> str:
    """List a step's predecessors as its join counts them, as many as there is room for."""
    names = planned.header
    before, behind = _join(planned)
    rather = ", ".join(planned.step.prefer_after)
    behind += f" ◁ {rather}" if rather else ""
    if not names:
        return behind.removeprefix(" ")
    for shown in range(len(names), 0, -1):
        rest = f" and {len(names) - shown} more" if shown < len(names) else ""
        text = f"◀ {before}{', '.join(names[:shown])}{rest}{behind}"
        if len(text) <= room:
            return text
    return f"◀ {before}{len(names)} steps{behind}"


def _join(planned: PlannedStep) -> tuple[str, str]:
    """Return what is said before and after the predecessors of a step, by its join."""
    join = planned.step.join
    if isinstance(join, int):
        return f"{join} of ", ""
    return {
        "any": ("any of ", ""),
        "all_succeeded": ("", " if all succeeded"),
        "all_done": ("", " however they end"),
    }.get(join, ("", ""))


def _mermaid(plan: Plan) -> Iterator[str]:
    yield "flowchart TD"
    for name, planned in plan.steps.items():
        yield f"    {_identifier(name)}{_framed(planned.step)}"
    for name, planned in plan.steps.items():
        said = "".join(_join(planned)).strip().removesuffix(" of")
        for predecessor in planned.header:
            arrow = f"-->|{said}|" if said else "-->"
            yield f"    {_identifier(predecessor)} {arrow} {_identifier(name)}"
        for preferred in planned.step.prefer_after:
            if preferred in plan.steps:
                yield f"    {_identifier(preferred)} -.-> {_identifier(name)}"
    tolerated = [name for name, planned in plan.steps.items() if not planned.step.critical]
    if tolerated:
        yield "    classDef tolerated stroke-dasharray: 4 4"
        yield f"    class {','.join(map(_identifier, tolerated))} tolerated"


def _framed(step: Step) -> str:
    left, right = _PLAIN
    if step.workflow is not None:
        left, right = _CHILD
    elif step.wait_for is not None:
        left, right = _WAIT
    return f'{left}"{_escaped(step.name)}<br/>{_escaped(deed_of(step))}"{right}'


def _identifier(name: str) -> str:
    """Keep a step's name from being one of Mermaid's words, as `end` is."""
    return f"step_{name}"


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
