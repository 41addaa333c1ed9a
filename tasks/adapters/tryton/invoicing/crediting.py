"""Credit notes, through the wizard that Tryton's own client credits with.

In one call it writes the credit note, posts it, sets it off and cancels the invoice. It takes no
key, so a note of the invoice says the key before, and it becomes the credit note's reference after.
Whoever finds a credit note without a reference knows by the last of those notes whose it is.
"""

import datetime as dt

from tasks.adapters.ids import number_of
from tasks.adapters.rules.invoices import check_creditable
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.invoicing import invoices
from tasks.adapters.tryton.invoicing.maps import KIND, MODEL
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.notes import Notes
from tasks.billing.contracts import Invoice, InvoiceState
from tasks.erp_errors import Conflict, Rejected
from tasks.values import Id

#: under what a note of an invoice has the key that credits it
_CREDITS = "credit"
#: how often it is looked again at an invoice that others change meanwhile
_TRIES = 5


def find(books: Books, key: str) -> Invoice | None:
    """Return the credit note that a key made.

    Raises:
        Rejected: the key made an invoice.
    """
    made = invoices.with_key(books.tryton, key)
    if made is not None and made.credits is None:
        raise Rejected(f"the key {key!r} made {made.id}, which is no credit: take another")
    return made


def credit(books: Books, key: str, invoice: Id, on: dt.date) -> Invoice:
    """Post a credit note over the whole of an invoice; the caller has the key's lock.

    Raises:
        NotFound: no invoice has this id.
        Rejected: it cannot be credited.
        Conflict: others go on changing it.
    """
    for _ in range(_TRIES - 1):
        try:
            return _credit(books, key, invoice, on)
        except Conflict:
            continue
    return _credit(books, key, invoice, on)


def _credit(books: Books, key: str, invoice: Id, on: dt.date) -> Invoice:
    tryton, number = books.tryton, number_of(KIND, invoice)
    stamp = tryton.search_read(MODEL, [("id", "=", number)], ["_timestamp"])
    held = invoices.get(tryton, invoice)
    note = _left_half_way(books, key, held)
    if note is None:
        check_creditable(held)
        Notes(tryton, MODEL).write(number, {_CREDITS: key})
        unless = {number: stamp[0]["_timestamp"]}
        # A payment since then would be left without what it paid: Tryton does not look for that.
        with tryton.wizard(
            "account.invoice.credit", model=MODEL, ids=[number], unless_changed=unless
        ) as wizard:
            wizard.go("credit", with_refund=True, invoice_date=on)
        note = _note_of(books, invoice)
    if note is None:
        raise Rejected(f"Tryton wrote no credit note for invoice {held.number}")
    tryton.write(MODEL, [number_of(KIND, note.id)], {"reference": kept_key(key)})
    return invoices.get(tryton, note.id)


def _left_half_way(books: Books, key: str, held: Invoice) -> Invoice | None:
    """Return the note that this key made of an invoice, if it has no reference yet."""
    if held.state != InvoiceState.CANCELLED or not held.number:
        return None
    notes = Notes(books.tryton, MODEL).of([number_of(KIND, held.id)])
    keys = [note.facts[_CREDITS] for note in notes if _CREDITS in note.facts]
    made = _note_of(books, held.id)
    return made if keys[-1:] == [key] and made is not None and not made.key else None


def _note_of(books: Books, invoice: Id) -> Invoice | None:
    number = number_of(KIND, invoice)
    return next(iter(invoices.read(books.tryton, [("origin_invoices", "=", number)])), None)
