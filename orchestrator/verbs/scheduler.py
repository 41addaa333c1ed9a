"""The verbs of schedules, a part of the coordinator."""

import datetime as dt
from collections.abc import Mapping
from itertools import islice
from typing import Any

from orchestrator.definition.schedules import CatchUp
from orchestrator.ledger import moved_clock
from orchestrator.ledger.upkeep import schedules
from orchestrator.ledger.upkeep.schedules import Schedule
from orchestrator.ledger.views import Run
from orchestrator.ledger.who import accountable
from orchestrator.states import AnyPriority
from orchestrator.upkeep import scheduling
from orchestrator.verbs.bulk import Bulk
from orchestrator.verbs.telling import SOMEBODY


class Scheduler(Bulk):
    """Lets runs begin by themselves: at times of a cron expression, or at intervals.

    Maintenance begins them; any number of maintenance processes begin each once.
    """

    @accountable
    def create_schedule(  # noqa: PLR0913 - each of them is a part of a schedule
        self,
        name: str,
        workflow: str,
        run_input: Mapping[str, Any] | None = None,
        *,
        cron: str | None = None,
        every: float | str | None = None,
        timezone: str = "UTC",
        catch_up: CatchUp | str = CatchUp.LATEST,
        priority: AnyPriority | None = None,
        replace: bool = False,
        by: str = SOMEBODY,
    ) -> Schedule:
        """Let runs of a workflow begin by themselves.

        Asked for again, it changes nothing; so a deployment may ask for it each time.

        Args:
            run_input: of each run; `$scheduled_at` and `$scheduled_on` in it become the time
                and the date for which the run begins.
            cron: five fields, or `@daily` and such; or
            every: an interval in seconds, or as a text such as `15 min`.
            timezone: of the cron expression, and of the date.
            catch_up: what becomes of times that pass while no maintenance runs: `none`,
                `latest` (one run for the last of them) or `all`.
            replace: change a schedule of this name that does something else.

        Raises:
            InvalidSchedule: it names no times, or the name is taken.
            WorkflowError: the workflow is unknown, or does not take the input.
        """
        wanted = scheduling.wanted(
            name,
            workflow,
            run_input or {},
            cron=cron,
            every=every,
            timezone=timezone,
            catch_up=catch_up,
            priority=priority,
        )
        return scheduling.create(
            self.ledger, self.application, wanted, by=by, replace_other=replace
        )

    def schedules(self) -> list[Schedule]:
        """Return the schedules, in the order of their names."""
        return schedules.list_schedules(self.ledger)

    def schedule(self, name: str) -> Schedule:
        """Return a schedule.

        Raises:
            ScheduleNotFound: none has this name.
        """
        with self.ledger.read() as connection:
            return schedules.find(connection, name)

    def next_times(self, name: str, count: int = 5) -> list[dt.datetime]:
        """Return the next times of a schedule, whether it is paused or not.

        Raises:
            ScheduleNotFound: none has this name.
        """
        with self.ledger.read() as connection:
            now = moved_clock.now(connection)
            schedule = schedules.find(connection, name)
        return list(islice(schedule.rhythm(schedule.next_at).times(now), count))

    @accountable
    def pause_schedule(self, name: str, *, by: str = SOMEBODY, reason: str = "") -> bool:
        """Hold a schedule back; say whether it was not yet.

        Raises:
            ScheduleNotFound: none has this name.
        """
        return schedules.pause(self.ledger, name, by=by, reason=reason)

    @accountable
    def resume_schedule(self, name: str, *, by: str = SOMEBODY, reason: str = "") -> bool:
        """Let a paused schedule go on from its next time; say whether it was paused.

        What passed while it was paused is not caught up.

        Raises:
            ScheduleNotFound: none has this name.
        """
        return schedules.resume(self.ledger, name, by=by, reason=reason)

    @accountable
    def delete_schedule(self, name: str, *, by: str = SOMEBODY, reason: str = "") -> None:
        """Remove a schedule; the runs it began stay.

        Raises:
            ScheduleNotFound: none has this name.
        """
        schedules.delete(self.ledger, name, by=by, reason=reason)

    @accountable
    def run_schedule_now(self, name: str, *, by: str = SOMEBODY) -> Run:
        """Begin a run of a schedule at once, beside its times.

        Raises:
            ScheduleNotFound: none has this name.
            WorkflowError: its workflow is unknown by now, or does not take its input.
        """
        self.settings.require_addresses()
        run_id = scheduling.run_now(self.ledger, self.application, name, by=by)
        self._begin(run_id)
        return self.run(run_id)
