"""The scheduling pool: `celery -A workers.scheduling worker`."""

from orchestrator.pool import Pool

app = Pool("scheduling")
