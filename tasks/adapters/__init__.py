"""The other systems we work with, each behind the Protocols of the domains."""

from tasks.adapters.erp import ERP, missing
from tasks.adapters.factory import ERPFactory

__all__ = ["ERP", "ERPFactory", "missing"]
