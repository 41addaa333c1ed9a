"""Our pool, as a worker file of the application makes it."""

from orchestrator.pools.pool import Pool

app = Pool("bench")
