"""Our pool, as a worker file of the application makes it; it may record what it sends to SQL."""

from orchestrator.pools.pool import Pool
from tests.benchmarks.statements import record_as_told

record_as_told()
app = Pool("bench")
