"""The sample company, in CSV files: what an ERP of ours is filled with, whichever it is."""
