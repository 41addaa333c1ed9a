"""What customers owe us, in the embedded ERP, and the general ledger behind it."""
