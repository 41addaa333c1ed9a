"""Between the ledger, which says who may run, and Redis, which says for whom there is room."""
