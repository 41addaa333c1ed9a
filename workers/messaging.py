"""The messaging pool: `celery -A workers.messaging worker`."""

from orchestrator.pools.pool import Pool

app = Pool("messaging")
