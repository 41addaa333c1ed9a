"""Whatever a definition says, the check answers; and what it finds sound has a plan."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestrator import Workflow, compile
from orchestrator.drawing import to_mermaid, to_text
from orchestrator.errors import InvalidInput
from orchestrator.validation import check, check_input
from orchestrator.validation.run_input import names_of_input
from tests.unit.shop import TASKS

NAMES = ("a", "b", "c", "item", "nobody")
WORKFLOWS = ("w0", "w1", "w2", "no_such")
SOURCES = tuple(f"${name}{path}" for name in (*NAMES, "input") for path in ("", ".total", ".0"))

tasks = st.sampled_from((*TASKS, "no.such"))
values = st.sampled_from(("$5", "$$5", "plain", 3, None, ["$a", "$index"], {"k": "$b"}, *SOURCES))
inputs = st.dictionaries(st.sampled_from(("customer", "limit", "offer", "to", "x")), values)
some_names = st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple)
undoings = st.fixed_dictionaries({"task": tasks, "inputs": inputs})
escalations = st.fixed_dictionaries({"after": st.sampled_from((10, 90)), "notify": undoings})
waits = st.one_of(
    st.fixed_dictionaries({"timer": st.sampled_from(("3 days", *SOURCES))}),
    st.fixed_dictionaries(
        {"person": st.sampled_from(("Ann", *SOURCES)), "deadline": st.just(60)},
        optional={
            "answer": st.just({"x": "optional text", "way": ["air", "sea"]}),
            "on_deadline": st.sampled_from(("skip", {"x": "$a"}, {"way": "air"})),
            "escalate": st.lists(escalations, max_size=1),
        },
    ),
)
common = {
    "inputs": inputs,
    "after": some_names,
    "prefer_after": some_names,
    "join": st.sampled_from(("any", "all_done", "all_succeeded", 1, 3)),
    "when": st.sampled_from(("a.total > 3", "item", "1 +", "b and input.x", "c.results[0]")),
}
maps = {
    "map": st.fixed_dictionaries({"over": values, "on_error": st.sampled_from(("fail", "gather"))}),
    "compensate": undoings,
}
kinds = st.one_of(
    st.fixed_dictionaries({"task": tasks}, optional=common | maps),
    st.fixed_dictionaries({"workflow": st.sampled_from(WORKFLOWS)}, optional=common | maps),
    st.fixed_dictionaries({"wait_for": waits}, optional=common),
)
all_steps = st.lists(kinds, min_size=1, max_size=3)


@st.composite
def libraries(draw: st.DrawFn) -> dict[str, Workflow]:
    """Draw three workflows that may run each other."""
    drawn: dict[str, Workflow] = {}
    for name in WORKFLOWS[:3]:
        steps = [{"name": NAMES[place], **kind} for place, kind in enumerate(draw(all_steps))]
        content: dict[str, Any] = {"name": name, "steps": steps, "result": draw(values)}
        drawn[name] = Workflow.model_validate(content)
    return drawn


@given(libraries())
def test_whatever_is_written_is_answered_and_what_is_sound_has_a_plan(library):
    for workflow in library.values():
        names = names_of_input(workflow)
        if not check(workflow, None):
            plan = compile(workflow)
            assert set(plan.steps) == {step.name for step in workflow.steps}
            assert to_text(plan)
            assert to_mermaid(plan)
        if not check(workflow, TASKS, library):
            assert names is None or "is missing" not in refusal(workflow, names, library)


def refusal(workflow: Workflow, names: set[str], library: dict[str, Workflow]) -> str:
    """Return what is said against an input that has every name."""
    try:
        check_input(workflow, TASKS, dict.fromkeys(names, 1), library)
    except InvalidInput as refused:
        return str(refused)
    return ""
