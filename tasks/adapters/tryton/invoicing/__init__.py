"""What customers owe us, on Tryton: invoices, credit notes, payments and reminders.

receivables ─▶ drafting     the lines, with accounts and taxes
           ├─▶ invoices     what there is
           ├─▶ crediting    a wizard, which takes no key: a note of the invoice has it
           ├─▶ payments     a wizard, whose description is the key
           └─▶ reminders    notes of the invoice, and Tryton's dunning that follows them
"""

from tasks.adapters.tryton.invoicing.maps import INVOICE_LINES, INVOICES, PAYMENTS

FIELD_MAPS = (INVOICES, INVOICE_LINES, PAYMENTS)
