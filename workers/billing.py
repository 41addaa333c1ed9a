"""The billing pool: `celery -A workers.billing worker`."""

from orchestrator.pools.pool import Pool

app = Pool("billing")
