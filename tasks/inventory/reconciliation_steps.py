"""The steps that hold bills of material against the stock, and have the buyers asked."""

import datetime as dt

from orchestrator import Attempt, Provided, task
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import (
    BillOfMaterials,
    Procurement,
    ProcurementRequest,
    ProcurementState,
    ProductRepository,
    StockLedger,
)
from tasks.inventory.netting import PickLine, ShortagePolicy, needs_of, net, sum_of
from tasks.inventory.providers import BillProvider
from tasks.values import Id, Quantity, Value, Wanted


class KeyedNeed(Value):
    """So much of a product that is to be made or bought, once a key."""

    key: str
    product: Id
    #: as people call it
    code: str
    quantity: Quantity
    due: dt.date
    origin: Id | None = None


class StockReconciliation(Value):
    """What is picked from the stock, made in waves, and bought."""

    picks: tuple[PickLine, ...]
    waves: tuple[tuple[KeyedNeed, ...], ...]
    purchases: tuple[KeyedNeed, ...]


@task("inventory.reconcile_stock")
def reconcile_stock(  # noqa: PLR0913 - three of them are provided
    key: str,
    due: dt.date,
    boms: Provided[BillOfMaterials],
    products: Provided[ProductRepository],
    stock: Provided[StockLedger],
    *,
    make: tuple[Wanted, ...] = (),
    missing: tuple[Wanted, ...] = (),
    policy: ShortagePolicy = ShortagePolicy.MAKE,
    origin: Id | None = None,
) -> StockReconciliation:
    """Return what it takes to make some products, and to have what others are missing.

    Raises:
        BomCycle: a bill of materials needs what it makes.
        MaterialsShort: something is short, and the policy refuses that.
        NotMade: a product that is to be made has no bill.
    """
    provider = BillProvider(boms, products, stock)
    bills = provider.bills(one.product for one in (*make, *missing))
    needs = sum_of([needs_of(make, bills), *({one.product: one.quantity} for one in missing)])
    netting = net(needs, bills, provider.free(bills), policy)

    def keyed(wanted: Wanted) -> KeyedNeed:
        return KeyedNeed(
            key=f"{key}/{wanted.product}",
            product=wanted.product,
            code=bills.name(wanted.product),
            quantity=wanted.quantity,
            due=due,
            origin=origin,
        )

    return StockReconciliation(
        picks=netting.picks,
        waves=tuple(tuple(map(keyed, wave)) for wave in netting.waves),
        purchases=tuple(map(keyed, netting.purchases)),
    )


@task("inventory.request_purchase")
def request_purchase(need: KeyedNeed, procurement: Provided[Procurement]) -> ProcurementRequest:
    """Have the buyers asked for a product, or return what this key asked for before."""
    return procurement.request(
        need.key, need.product, need.quantity, due=need.due, origin=need.origin
    )


@task("inventory.cancel_purchases")
def cancel_purchases(
    requests: tuple[ProcurementRequest, ...], procurement: Provided[Procurement], attempt: Attempt
) -> int:
    """Ask for things no longer; what is here, or cannot be taken back, stays. Return how many."""
    stand = 0
    for request in requests:
        found = procurement.get(request.id)
        if found.state is ProcurementState.RECEIVED:
            stand += 1
            continue
        try:
            procurement.cancel(request.id)
        except Rejected as refusal:
            attempt.warn(f"request {found.number} stands: {refusal}")
            stand += 1
    return len(requests) - stand
