"""The pool of the toy tasks: `celery -A tests.toy_pool worker`."""

from orchestrator.pools.pool import Pool

app = Pool("toy")
