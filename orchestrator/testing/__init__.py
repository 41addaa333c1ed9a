"""The kit with which users test their workflows: the real system, small, with a clock that moves.

    from orchestrator import testing

    def test_a_reminder_follows_after_two_weeks() -> None:
        with testing.stack(packages=("shop",)) as stack:
            run = stack.run("order", {"sku": "A-1"})      # as far as it goes by itself
            assert stack.step(run, "payment").state == "waiting"

            stack.skip(days=14)

            run = stack.run_to_end(run)
            assert stack.result(run) == "reminded"

An agent's claim goes by real time, as the leases of workers do: skipped days do not end it.

Broker, ledger, maintenance and pools are real processes on loopback, in a folder of their own,
and all of them are gone when the block is left. In a test suite one stack for the session is
enough: see `orchestrator.testing.plugin`.
"""

from orchestrator.testing.embedded import EmbeddedStack, stack
from orchestrator.testing.stuck import Stuck

__all__ = ["EmbeddedStack", "Stuck", "stack"]
