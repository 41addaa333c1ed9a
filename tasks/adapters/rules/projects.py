"""What may be done with projects, their tasks and budgets: the same rules on every ERP of ours."""

from collections.abc import Iterable

from tasks.erp_errors import Rejected
from tasks.scheduling.contracts import ProjectCosts, ProjectTask
from tasks.values import Money


def is_complete(task: ProjectTask) -> bool:
    """Tell whether a task is done."""
    return task.done == 1


def check_plannable(task: ProjectTask) -> None:
    """Let a task pass whose time can still be planned.

    Raises:
        Rejected: it is complete.
    """
    if is_complete(task):
        raise Rejected(f"{named(task)} is complete, and what is done is not planned: reopen it")


def check_completable(task: ProjectTask, predecessors: Iterable[ProjectTask]) -> None:
    """Let a task pass before which all is done that must be.

    Raises:
        Rejected: one of the predecessors is not complete.
    """
    waited_for = [named(one) for one in predecessors if not is_complete(one)]
    if waited_for:
        raise Rejected(
            f"{named(task)} cannot be complete before {' and '.join(waited_for)}: "
            "complete what must end first"
        )


def check_reopenable(task: ProjectTask) -> None:
    """Let a task pass that no customer was charged for.

    Raises:
        Rejected: it is invoiced.
    """
    if task.invoiced:
        raise Rejected(
            f"{named(task)} is invoiced and cannot be reopened: "
            "credit its invoice first, or cancel it while it is a draft"
        )


def billable(tasks: Iterable[ProjectTask]) -> list[ProjectTask]:
    """Return those that have a price, are complete and on no invoice."""
    return [
        task for task in tasks if task.price is not None and is_complete(task) and not task.invoiced
    ]


def check_planned(planned: ProjectCosts, currency: str) -> None:
    """Let a budget pass.

    Raises:
        Rejected: an amount is below zero or in another currency.
    """
    for part in ("labour", "material", "other"):
        amount: Money = getattr(planned, part)
        if amount.currency != currency:
            raise Rejected(
                f"{amount} cannot be allotted for {part}: the project's books are in {currency}"
            )
        if amount.amount < 0:
            raise Rejected(f"{amount} cannot be allotted for {part}: give nothing, or more")


def named(task: ProjectTask) -> str:
    """Return what a sentence calls a task."""
    return f"task {task.name!r} ({task.id})"
