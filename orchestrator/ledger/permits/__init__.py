"""What the ledger knows of permits: the resources, who holds them, and who waits."""
