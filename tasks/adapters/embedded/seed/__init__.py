"""How a new embedded ERP begins: its tables, and the sample company in them."""
