"""`orchestrator bench`: the benchmarks of this clone."""

import typer


def bench(context: typer.Context) -> None:
    """Measure this machine: throughput, latency, rivals, growth and others, or all of them.

    Each is measured beside what it is compared with, in turn; what follows a name goes to it,
    such as `bench throughput --pairs 3`. `--plot FOLDER` draws what was found.
    """
    from orchestrator import bootstrap

    bootstrap.prepare(["bench", *context.args])
    bootstrap.run_benchmarks(context.args)
