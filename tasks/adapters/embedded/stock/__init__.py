"""The stock of the embedded ERP: the shelf and its books, deliveries, and what has to be bought."""
