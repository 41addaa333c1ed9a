"""The scheduling pool: `celery -A workers.scheduling worker`."""

from orchestrator.pools.pool import Pool

app = Pool("scheduling")
