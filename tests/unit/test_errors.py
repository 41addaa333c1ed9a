"""Errors keep their sentence, whichever border they cross."""

import inspect
import json
import pickle
import re

import pytest

from orchestrator import errors
from orchestrator.errors import (
    CycleDetectedError,
    DAGValidationError,
    InvalidFile,
    OrchestratorError,
)

SENTENCE = "step 'charge' runs after unknown step 'resrve', did you mean 'reserve'?"
#: arguments of the classes that take more than a sentence
ARGUMENTS = {
    InvalidFile: ("orders.yaml", [SENTENCE, "field 'stepz' is no field"]),
    DAGValidationError: ("fulfil", [SENTENCE, "two steps are named 'pack'"]),
    CycleDetectedError: ("fulfil", [SENTENCE], ["pack", "ship"]),
}


def family(base):
    """Return a class and all its descendants that `orchestrator.errors` defines."""
    return [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, base) and kind.__module__ == errors.__name__
    ]


def error_of(kind):
    return kind(*ARGUMENTS.get(kind, (SENTENCE,)))


def drawn_tree():
    """Return {name: name of its base} as the module's docstring draws it."""
    parents, path = {}, []
    for line in errors.__doc__.splitlines():
        drawn = re.match(r"(?P<branch>(?:│   )*(?:[├└]── )?)(?P<name>[A-Z]\w+)(?:  |$)", line)
        if drawn:
            depth = len(drawn["branch"]) // 4
            path[depth:] = [drawn["name"]]
            parents[drawn["name"]] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    assert drawn_tree() == {kind.__name__: kind.__base__.__name__ for kind in family(Exception)}


@pytest.mark.parametrize("kind", family(OrchestratorError))
def test_an_error_survives_pickle(kind):
    error = error_of(kind)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # made one line above

    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("kind", family(OrchestratorError))
def test_an_error_survives_the_json_in_which_celery_sends_it(kind):
    error = error_of(kind)

    copy = kind(*json.loads(json.dumps(error.args)))

    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_workflow_error_shows_every_problem():
    error = DAGValidationError("fulfil", ["one sentence", "another"])

    assert str(error) == "workflow 'fulfil': one sentence; another"


def test_a_cycle_is_named_in_order():
    assert CycleDetectedError("fulfil", [SENTENCE], ["pack", "ship"]).cycle == ("pack", "ship")


def test_no_error_pydantic_would_swallow_is_in_the_tree():
    assert not [kind for kind in family(OrchestratorError) if issubclass(kind, ValueError)]
