"""The steps that hold bills of material against the stock, and have the buyers asked."""

import datetime as dt

from orchestrator import Attempt, Provided, task
from tasks.conversion import convert
from tasks.erp_errors import NotFound, Rejected
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


class NamedQuantity(Value):
    """So much of a product, as people say it: by its code, in any unit that says how much."""

    code: str
    quantity: Quantity


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


@task("inventory.find_wanted")
def find_wanted(product: str, quantity: Quantity, products: Provided[ProductRepository]) -> Wanted:
    """Return what a code and a quantity mean: the product, and how many in its own unit.

    Raises:
        NotFound: no product has this code.
        NotConvertible: the unit says nothing of the product.
    """
    return _wanted(NamedQuantity(code=product, quantity=quantity), products)


@task("inventory.reconcile_stock")
def reconcile_stock(  # noqa: PLR0913 - three of them are provided
    key: str,
    due: dt.date,
    boms: Provided[BillOfMaterials],
    products: Provided[ProductRepository],
    stock: Provided[StockLedger],
    *,
    make: tuple[NamedQuantity, ...] = (),
    missing: tuple[Wanted, ...] = (),
    policy: ShortagePolicy = ShortagePolicy.MAKE,
    origin: Id | None = None,
) -> StockReconciliation:
    """Return what it takes to make some products, and to have what others are missing.

    Raises:
        NotFound: no product has such a code.
        BomCycle: a bill of materials needs what it makes.
        MaterialsShort: something is short, and the policy refuses that.
        NotMade: a product that is to be made has no bill.
    """
    orders = [_wanted(one, products) for one in make]
    provider = BillProvider(boms, products, stock)
    bills = provider.bills(one.product for one in (*orders, *missing))
    needs = sum_of([needs_of(orders, bills), *({one.product: one.quantity} for one in missing)])
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


@task("inventory.receive_purchase")
def receive_purchase(
    request: ProcurementRequest, procurement: Provided[Procurement], attempt: Attempt
) -> ProcurementRequest:
    """Put what was bought on the shelf; what was cancelled meanwhile is not, and that is said."""
    try:
        return procurement.receive(request.id)
    except Rejected as refusal:
        attempt.warn(f"request {request.number} brought nothing: {refusal}")
        return procurement.get(request.id)


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


def _wanted(named: NamedQuantity, products: ProductRepository) -> Wanted:
    product = products.by_codes([named.code]).get(named.code)
    if product is None:
        raise NotFound(f"no product has the code {named.code!r}")
    return Wanted(
        product=product.id,
        quantity=convert(named.quantity, product.unit, packs=product.packs),
    )
