"""The SQL record of everything that happened, and the only place that commits."""

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.migrate import migrate

__all__ = ["Ledger", "migrate"]
