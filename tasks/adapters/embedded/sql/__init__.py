"""How the embedded ERP uses SQL: transactions, columns, numbers, one row by its id."""
