"""Steps that stem from a defined one: the elements of its map, and what undoes it."""

from orchestrator.definition import names
from orchestrator.workflow import Step

#: What holds for the defined step alone; it has been decided before one stems from it. Whom it
#: refers to may have been skipped: `all_done` lets it start all the same.
_DECIDED = {"after": (), "when": None, "map": None, "join": "all_done", "prefer_after": ()}


def derived_step(step: Step, name: str) -> Step:
    """Return the step of this name as it stems from a defined one.

    Raises:
        KeyError: no such step stems from it.
    """
    if names.undone(name) is not None:
        return _undoing(step, name)
    if step.map is None or names.index(name) is None:
        raise KeyError(name)
    # Critical to its map: whether the map is to its run is decided when the map ends.
    return step.model_copy(update={**_DECIDED, "name": name, "critical": True, "compensate": None})


def _undoing(step: Step, name: str) -> Step:
    undo = step.compensate
    if undo is None:
        raise KeyError(name)
    return step.model_copy(
        update={
            **_DECIDED,
            "name": name,
            "task": undo.task,
            "inputs": undo.inputs,
            "retry": undo.retry,
            "timeout": undo.timeout,
            "workflow": None,
            "wait_for": None,
            "critical": False,
            "compensate": None,
            "start_within": None,
        }
    )
