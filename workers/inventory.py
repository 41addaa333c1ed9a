"""The inventory pool: `celery -A workers.inventory worker`."""

from orchestrator.pool import Pool

app = Pool("inventory")
