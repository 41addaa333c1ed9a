"""Making things on Tryton: bills, orders, checks, costs and the shop floor."""
