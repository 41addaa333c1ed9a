"""The billing pool: `celery -A workers.billing worker`."""

from orchestrator.pool import Pool

app = Pool("billing")
