"""What several workers do to one project at once in the race tests; spawned, so a module."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from tasks.adapters import ERP, ERPFactory
from tasks.adapters.embedded.projects.budgets import Budgets
from tasks.adapters.embedded.projects.cost_kinds import CostKind
from tasks.erp_errors import Rejected
from tasks.scheduling.contracts import ProjectCosts, ProjectInvoice
from tasks.values import Money
from tests.contracts.project_office import TODAY, ProjectOffice, costs
from tests.contracts.racing import meet, patiently


def invoice_with_own_keys(racer: int, url: str, project: str) -> ProjectInvoice | None:
    """Invoice a project, each worker by a key of its own; return what went on the invoice."""
    with _met(url) as erp:
        return patiently(erp.projects.invoice, f"{racer}", project)


def use_one_key(_racer: int, url: str, verb: str) -> Any:
    """Do with one key what everybody does with it; return what it made."""
    with _met(url) as erp:
        return patiently(CREATORS[verb], erp)


def attempt(racer: int, url: str, record: str, verbs: list[str]) -> str:
    """Do the verb of this worker's turn; return whether it was done."""
    verb = verbs[racer % len(verbs)]
    with _met(url) as erp:
        try:
            patiently(MOVES[verb], erp, record, racer)
        except Rejected:
            return f"{verb} refused"
    return f"{verb} done"


def allot_in_turn(racer: int, url: str, project: str, rounds: int) -> ProjectCosts:
    """Allot some budgets, each of whose keys comes again late; return the last one's costs."""
    planned = [costs(f"{racer}{turn}") for turn in range(rounds)]
    with _met(url) as erp:
        for turn in range(rounds):
            for known in range(turn, -1, -1):
                patiently(erp.budgets.allot, f"{racer}-{known}", project, planned[known])
    return planned[-1]


@contextmanager
def _met(url: str) -> Iterator[ERP]:
    """Connect to the ERP, and wait until all others have."""
    with closing(ERPFactory(url=url).connect()) as erp:
        meet()
        yield erp


def _buy(erp: ERP) -> Any:
    assert isinstance(erp.budgets, Budgets)
    return erp.budgets.book_cost(
        "k",
        ProjectOffice(erp).project().id,
        CostKind.OTHER,
        Money.of("9.90"),
        on=TODAY,
        text="Travel",
    )


CREATORS: dict[str, Callable[[ERP], Any]] = {
    "allot": lambda erp: erp.budgets.allot("k", ProjectOffice(erp).project().id, costs("1")),
    "book": lambda erp: ProjectOffice(erp).book(),
    "buy": _buy,
    "invoice": lambda erp: erp.projects.invoice("k", ProjectOffice(erp).project().id),
}

MOVES: dict[str, Callable[[ERP, str, int], Any]] = {
    "invoice": lambda erp, _record, racer: erp.projects.invoice(
        f"{racer}", ProjectOffice(erp).project().id
    ),
    "reopen": lambda erp, task, _racer: erp.projects.reopen(task),
    "unbook": lambda erp, entry, _racer: erp.timesheets.unbook(entry),
    "cancel": lambda erp, invoice, _racer: erp.receivables.cancel(invoice),
}
