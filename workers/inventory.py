"""The inventory pool: `celery -A workers.inventory worker`."""

from orchestrator.pools.pool import Pool

app = Pool("inventory")
