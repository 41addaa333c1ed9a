"""Customers, prices and offers."""
