"""The stock on Tryton: what there is, the deliveries, and what has to be bought."""
