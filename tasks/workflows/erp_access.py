"""How steps ask the ERP: few at a time, and again when it is busy."""

from typing import Any

from orchestrator import Resource, Retry, Step

#: An ERP answers so many at a time; more only wait for each other inside it. How many it is for
#: yours, `orchestrator resources set erp` says.
ERP = Resource(name="erp", type="database", capacity=2)
#: The ERP may be busy or away for a moment; what it refuses is not tried again.
ERP_RETRY = Retry(max_attempts=5, backoff=1.0, on=("Busy", "Unavailable", "Conflict"))


def asks_erp(name: str, task: str, **more: Any) -> Step:
    """Return a step that asks the ERP: with its permit, and its retries unless others are given."""
    permits = {"erp": 1, **more.pop("permits", {})}
    return Step.model_validate(
        {"name": name, "task": task, "retry": ERP_RETRY, "permits": permits, **more}
    )


def undone_by(task: str, **inputs: Any) -> dict[str, Any]:
    """Return the `compensate` of a step that asks the ERP: more patient than the step itself."""
    return {
        "task": task,
        "inputs": inputs,
        "retry": ERP_RETRY.model_copy(update={"max_attempts": 20}),
    }
