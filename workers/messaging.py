"""The messaging pool: `celery -A workers.messaging worker`."""

from orchestrator.pool import Pool

app = Pool("messaging")
