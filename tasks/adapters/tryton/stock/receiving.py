"""How goods come in: the supplier knows, a receipt is written, and they are put on the shelf.

    draft ─ quote ─▶ quotation ─ confirm ─▶ processing     a purchase, which has moves from here
                                                │
                                    receipt: draft ─ receive ─▶ received ─ do ─▶ done

Each button is a call of its own; what was left between two of them goes on from where it is.
"""

from tasks.adapters.tryton import forms
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.stock.requests import Line, get
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import ProcurementState
from tasks.values import Id

_PURCHASE, _RECEIPT = "purchase.purchase", "stock.shipment.in"
_ORDERING = {"draft": "quote", "quotation": "confirm", "confirmed": "process"}
_BRINGING = {"draft": "receive", "received": "do"}
_FILLED = ("supplier", "contact_address", "warehouse", "warehouse_input", "warehouse_storage")


def bring_in(books: Books, request: Id) -> None:
    """Put the goods of a request on the shelf, at the supplier's price."""
    line = get(books.tryton, request)
    _press_all(books, _PURCHASE, line.purchase, _ORDERING)
    line = get(books.tryton, request)
    receipts = {move["shipment"] for move in line.moves if move["shipment"]}
    if any(move["shipment"] is None and move["state"] == "draft" for move in line.moves):
        receipts.add(f"{_RECEIPT},{_write_receipt(books, line)}")
    for receipt in sorted(receipts):
        model, _, number = receipt.partition(",")
        _press_all(books, model, int(number), _BRINGING)
    _check(line, get(books.tryton, request))


def _write_receipt(books: Books, line: Line) -> int:
    begins = {"company": books.company, "supplier": line.supplier, "warehouse": line.warehouse}
    filled = forms.after_change(books.tryton, _RECEIPT, begins, ["supplier", "warehouse"])
    open_moves = [move["id"] for move in line.moves if move["shipment"] is None]
    kept = {name: filled[name] for name in ("company", *_FILLED) if filled.get(name)}
    return books.tryton.create(_RECEIPT, [{**kept, "incoming_moves": [("add", open_moves)]}])[0]


def _press_all(books: Books, model: str, number: int, buttons: dict[str, str]) -> None:
    """Press what leads on, in each state, until a state is reached that nothing leads on from."""
    state = books.tryton.get(model, number, ["state"])["state"]
    while state in buttons:
        after = books.tryton.press(model, buttons[state], [number]).state
        if after == state:
            raise Rejected(
                f"Tryton leaves {model} {number} {state}, whatever {buttons[state]!r} is"
            )
        state = after


def _check(before: Line, after: Line) -> None:
    if after.request.state != ProcurementState.RECEIVED:
        raise Rejected(
            f"request {before.request.number} is {after.request.state} though its receipt is done: "
            "look at the receipt in Tryton"
        )
