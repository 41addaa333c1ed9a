"""Where Tryton keeps the fields of what is asked of the buyers."""

from tasks.adapters.field_map import FieldMap, reference
from tasks.adapters.tryton import fields
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
#: in these something may still come
OPEN = [*_STATES[ProcurementState.REQUESTED], *_STATES[ProcurementState.ORDERED]]

#: a request is a line of a purchase: one that Tryton's own planning made may have several. Its
#: number, the day it is due and what it is for are told in more than one way
REQUESTS = FieldMap(
    ProcurementRequest,
    "purchase.line",
    reference("id", KIND),
    fields.key("purchase.reference"),
    fields.state(_STATES, "purchase.state"),
    reference("product", "product", "product"),
    *fields.quantity(),
)
