"""The graph of a workflow beyond its plan: joins by policy, preferred order, who comes before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import Workflow
from orchestrator.graph import ancestry, graph_of, sources_of
from tests.reference import predecessors_of
from tests.strategies import any_workflows


def workflow(*steps) -> Workflow:
    return Workflow.model_validate(
        {"name": "example", "steps": [{"task": "t.t", **s} for s in steps]}
    )


def test_whatever_a_step_says_may_refer_to_others_but_for_its_undoing():
    step = workflow(
        {
            "name": "a",
            "map": "$b.lines",
            "inputs": {"x": ["$c", "$item", "$index", "$input.x"]},
            "when": "d.total > 3 and input.y",
            "compensate": {"task": "t.u", "inputs": {"x": "$e", "y": "$a"}},
        }
    ).steps[0]
    wait = Workflow.model_validate(
        {
            "name": "w",
            "steps": [
                {
                    "name": "ask",
                    "inputs": {"x": "$f"},
                    "wait_for": {
                        "person": "$g.boss",
                        "escalate": [
                            {"after": 1, "notify": {"task": "t.t", "inputs": {"y": "$h"}}},
                            {"after": 2, "priority": "high"},
                        ],
                    },
                },
                {"name": "pause", "wait_for": {"timer": "$i.due"}},
            ],
        }
    )

    assert sources_of(step) == {"b", "c", "d"}
    assert [sources_of(each) for each in wait.steps] == [{"f", "g", "h"}, {"i"}]


@pytest.mark.parametrize(
    ("join", "after"),
    [("all", ("b",)), ("any", ("a", "b")), (2, ("a", "b")), ("all_succeeded", ("a", "b"))],
)
def test_an_edge_that_others_imply_counts_only_where_each_predecessor_has_a_say(join, after):
    graph = graph_of(
        workflow(
            {"name": "a"},
            {"name": "b", "after": ["a"]},
            {"name": "c", "after": ["b"], "inputs": {"x": "$a"}, "join": join},
        )
    )

    assert graph["c"] == after


def test_a_preferred_order_is_no_edge():
    assert graph_of(workflow({"name": "a"}, {"name": "b", "prefer_after": ["a"]}))["b"] == ()


@given(any_workflows(), st.randoms(use_true_random=False))
def test_a_step_comes_before_another_when_a_path_leads_from_it(drawn, rng):
    precedes = ancestry(graph_of(drawn))
    predecessors = predecessors_of(drawn)
    later = rng.choice(drawn.steps).name
    before: set[str] = set()
    trail = [later]
    while trail:
        found = set(predecessors[trail.pop()]) - before
        before |= found
        trail += found

    assert {step.name for step in drawn.steps if precedes(step.name, later)} == before
