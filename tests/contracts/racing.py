"""What several processes do at once in the race tests; spawned, so it lives in a module."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from typing import Any, TypeVar

from tasks.adapters import ERP, ERPFactory
from tasks.billing.contracts import OfferDraftLine
from tasks.erp_errors import Busy, Conflict, Rejected
from tasks.messaging.contracts import Attachment, Channel, OutgoingMessage, TicketDraft
from tasks.values import Money, Quantity

RACERS = 4
#: Tryton takes seconds for what the embedded ERP does in milliseconds
RACE_SECONDS = 240
R = TypeVar("R")
Race = Callable[..., list[Any]]
_barrier: Any = None


@contextmanager
def racers(count: int = RACERS) -> Iterator[Race]:
    """Keep processes ready; give `race(run, *args)`, which calls `run(racer, *args)` in each."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(count)
    with ProcessPoolExecutor(count, spawn, initializer=_join, initargs=(barrier,)) as pool:

        def race(run: Callable[..., Any], *args: Any) -> list[Any]:
            started = [pool.submit(_started, run, racer, *args) for racer in range(count)]
            return [racer.result(timeout=RACE_SECONDS) for racer in started]

        yield race


def patiently(call: Callable[..., R], *arguments: Any, **named: Any) -> R:
    """Call until nobody else is in the way: whatever is busy is safe to repeat."""
    while True:
        try:
            return call(*arguments, **named)
        except Busy:
            continue


def _join(barrier: Any) -> None:
    global _barrier  # noqa: PLW0603 (a barrier reaches a spawned process only this way)
    _barrier = barrier


def _started(run: Callable[..., Any], racer: int, *args: Any) -> Any:
    meet()
    return run(racer, *args)


def meet() -> None:
    """Wait until all racers are here; to connect takes each a different time."""
    _barrier.wait(timeout=70)


def count_catalogue(_racer: int, url: str) -> tuple[int, int]:
    """Return how many products and customers this process sees in a new ERP."""
    with closing(ERPFactory(url=url).connect()) as erp:
        products = erp.products.catalogue(limit=10_000)
        return len(products), len(erp.customers.by_name("", limit=10_000))


def create_with_shared_keys(_racer: int, url: str, keys: list[str]) -> list[str]:
    """Create with the keys that everybody uses, in the same order; return the numbers."""
    with closing(ERPFactory(url=url).connect()) as erp:
        return [_create(erp, key) for key in keys]


def create_with_own_keys(racer: int, url: str, rounds: int) -> list[str]:
    """Create with keys of its own, each after one that the ERP refuses."""
    made = []
    with closing(ERPFactory(url=url).connect()) as erp:
        for turn in range(rounds):
            try:
                _create(erp, f"refused {racer}-{turn}", amount="0.5")
            except Rejected:
                made.append(_create(erp, f"{racer}-{turn}"))
    return made


def order_one_offer(_racer: int, url: str) -> str:
    """Send and order the offer of one key; return the state that it is in then."""
    with closing(ERPFactory(url=url).connect()) as erp:
        _create(erp, "mail-1")
        made = erp.offers.find("mail-1")
        assert made is not None
        with suppress(Rejected):  # another racer has ordered it by now
            erp.offers.send(made.id)
        return erp.offers.order(made.id).state


def hand_over_with_one_key(racer: int, url: str) -> str:
    """Hand one mail over; return the handover's id."""
    with closing(ERPFactory(url=url).connect()) as erp:
        return erp.handovers.add(
            "run-1", "mail-1", subject="", sender="a@b.example", reasons=[f"racer {racer}"]
        ).id


def attach_with_one_key(racer: int, url: str) -> str:
    """Attach a file; return the document's id."""
    with closing(ERPFactory(url=url).connect()) as erp:
        return erp.documents.attach(
            "run-1", "elsewhere:1", name="a.txt", media_type="text/plain", content=b"%d" % racer
        ).id


def help_with_one_key(racer: int, url: str, ticket: str) -> tuple[str, str, str]:
    """Open a ticket, comment on another and send a mail; return what each key made."""
    note = Attachment(name="a.txt", media_type="text/plain", content=b"%d" % racer)
    mail = OutgoingMessage(
        channel=Channel.EMAIL, to=("a@b.example",), text=f"racer {racer}", attachments=(note,)
    )
    with closing(ERPFactory(url=url).connect()) as erp:
        draft = TicketDraft(title=f"racer {racer}", text="", requester="a@b.example")
        opened = erp.tickets.create("run-1", draft)
        said = erp.tickets.comment("run-1", ticket, f"racer {racer}", public=True)
        return opened.id, said.id, f"{erp.messages.send('run-1', mail).sent_at}"


def take_tickets(racer: int, url: str, versions: dict[str, str]) -> list[str]:
    """Take each ticket as it was read before; return those that nobody else has taken first."""
    taken = []
    with closing(ERPFactory(url=url).connect()) as erp:
        mine = erp.people.all()[racer].id
        for ticket, version in versions.items():
            with suppress(Conflict):
                erp.tickets.change(ticket, version, assignee=mine)
                taken.append(ticket)
    return taken


def _create(erp: ERP, key: str, amount: str = "10") -> str:
    product = erp.products.by_codes(["HB-M8X40-A2"])["HB-M8X40-A2"]
    quantity = Quantity(amount=Decimal(amount), unit=product.unit)
    line = OfferDraftLine(product=product.id, quantity=quantity, unit_price=Money.of("0.36"))
    return erp.offers.create(key, erp.customers.by_name("Lahden")[0].id, [line]).number
