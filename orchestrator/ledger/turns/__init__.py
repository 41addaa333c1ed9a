"""Customers take turns at the pools: whose step is handed to the broker next."""
