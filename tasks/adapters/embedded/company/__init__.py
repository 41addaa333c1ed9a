"""The sample company: what it is, in CSV files, and how a new ERP is filled with it."""
