"""A small ERP of our own, in SQL: it plays the foreign system where none is installed.

It keeps Tryton's states and refusals as far as the workflows need them, so that the contract
suite that passes here can be run on the real one; the service desk and the mailbox, which Tryton
has not, it plays too. As a foreign system it owns its tables (`erp_…`), makes them itself, and
commits on its own: nothing here joins the ledger's transaction.
"""

from tasks.adapters.embedded.connect import connect

__all__ = ["connect"]
