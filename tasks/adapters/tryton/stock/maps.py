"""Where Tryton keeps the fields of what is asked of the buyers."""

from functools import partial

from tasks.adapters.field_map import Field, FieldMap
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.tryton.keys import kept_key, key_of
from tasks.adapters.tryton.wire import decimal_of, float_of
from tasks.inventory.contracts import ProcurementRequest, ProcurementState

KIND = "procurement_request"

#: Tryton's states of a purchase, the one that a request is written as first; what is ordered is
#: received once its goods are, and Tryton knows that by them
_STATES = {
    ProcurementState.REQUESTED: ("draft", "quotation"),
    ProcurementState.ORDERED: ("processing", "confirmed"),
    ProcurementState.RECEIVED: ("done",),
    ProcurementState.CANCELLED: ("cancelled",),
}
_STATE_OF = {theirs: ours for ours, states in _STATES.items() for theirs in states}
#: in these something may still come
OPEN = [*_STATES[ProcurementState.REQUESTED], *_STATES[ProcurementState.ORDERED]]

#: a request is a line of a purchase: one that Tryton's own planning made may have several. Its
#: number, the day it is due and what it is for are told in more than one way
REQUESTS = FieldMap(
    ProcurementRequest,
    "purchase.line",
    Field("id", read=partial(id_of, KIND), write=partial(number_of, KIND)),
    Field("key", "purchase.reference", read=key_of, write=kept_key),
    Field("state", "purchase.state", read=_STATE_OF.__getitem__, write=lambda s: _STATES[s][0]),
    Field("product", read=partial(id_of, "product"), write=partial(number_of, "product")),
    Field("quantity.amount", "quantity", read=decimal_of, write=float_of),
    Field("quantity.unit", "unit.symbol"),
)
