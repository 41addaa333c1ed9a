"""`orchestrator bench`: the benchmarks of this clone."""

import typer


def bench(context: typer.Context) -> None:
    """Measure this machine: throughput, latency, submission, sizes, permits, parked, or all.

    Each is measured beside what it is compared with, in turn; what follows a name goes to it,
    such as `bench throughput --pairs 3`.
    """
    from orchestrator import bootstrap

    bootstrap.prepare(["bench", *context.args])
    bootstrap.run_benchmarks(context.args)
