"""What several workers do at once in a workshop; spawned, so it lives in a module."""

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

from tasks.adapters import ERP, ERPFactory
from tasks.erp_errors import Busy, Rejected
from tests.contracts.workshop import DUE, TODAY, Workshop

#: a worker whose lock was not free tries again, as a step would
TRIES = 50


def reserve(racer: int, url: str, orders: list[str]) -> list[str]:
    """Reserve for all orders, each worker beginning with another one."""
    begin = racer % len(orders)
    with closing(ERPFactory(url=url).connect()) as erp:
        return [
            patiently(lambda one=order: erp.production_orders.reserve(one)).document
            for order in orders[begin:] + orders[:begin]
        ]


def use_one_key(_racer: int, url: str, order: str, verb: str) -> Any:
    """Do with one key what everybody does with it; return what it made."""
    with closing(ERPFactory(url=url).connect()) as erp:
        return patiently(lambda: CREATORS[verb](erp, order))


def attempt(racer: int, url: str, order: str, verbs: list[str]) -> str:
    """Do the verb of this worker's turn; return `done` or `refused`."""
    verb = verbs[racer % len(verbs)]
    with closing(ERPFactory(url=url).connect()) as erp:
        try:
            patiently(lambda: MOVES[verb](erp, order, racer))
        except Rejected:
            return f"{verb} refused"
    return f"{verb} done"


def patiently(call: Callable[[], Any]) -> Any:
    """Call until no lock is in the way."""
    for _ in range(TRIES):
        try:
            return call()
        except Busy:
            continue
    return call()


def _one(erp: ERP) -> Any:
    return Workshop(erp).quantity("EXL-25", "1")


def _plan(erp: ERP, order: str) -> str:
    workshop = Workshop(erp)
    return workshop.plans(erp.production_orders.get(order))[0].id


CREATORS: dict[str, Callable[[ERP, str], Any]] = {
    "create": lambda erp, _order: Workshop(erp).draft(key="k"),
    "request": lambda erp, _order: Workshop(erp).request(key="k"),
    "open": lambda erp, order: erp.quality.open("k", order, _plan(erp, order)),
    "book_work": lambda erp, order: erp.production_orders.book_work(
        "k", order, Workshop(erp).worker().id, hours=Decimal(1), on=TODAY
    ),
    "scrap": lambda erp, order: erp.production_orders.scrap("k", order, _one(erp), reason=""),
    "rework": lambda erp, order: erp.production_orders.rework(
        "k", order, erp.work_centres.work_centres()[0].id, hours=Decimal(1), reason=""
    ),
}

MOVES: dict[str, Callable[[ERP, str, int], Any]] = {
    "finish": lambda erp, order, _racer: erp.production_orders.finish(order),
    "cancel": lambda erp, order, _racer: erp.production_orders.cancel(order),
    "start": lambda erp, order, _racer: erp.production_orders.start(order),
    "receive": lambda erp, request, _racer: erp.procurement.receive(request),
    "open": lambda erp, order, racer: erp.quality.open(f"k{racer}", order, _plan(erp, order)),
    "scrap": lambda erp, order, racer: erp.production_orders.scrap(
        f"k{racer}", order, _one(erp), reason=""
    ),
    "work": lambda erp, order, racer: erp.production_orders.book_work(
        f"k{racer}", order, Workshop(erp).worker().id, hours=Decimal(1), on=DUE
    ),
}
