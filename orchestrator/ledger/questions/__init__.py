"""What is asked of the ledger about runs that do not move, and about all of it."""
