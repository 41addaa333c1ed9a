"""What maintenance asks of the ledger, and changes in it."""
