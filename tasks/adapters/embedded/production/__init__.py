"""Making things in the embedded ERP: bills, orders, checks, costs and the shop floor."""
