"""Questions about runs: what the ledger shows, and what a run gave."""

import time
from collections.abc import Collection
from functools import cached_property
from typing import Any

from celery import Celery

from orchestrator.application import Application
from orchestrator.broker.celery_app import producer_app
from orchestrator.broker.queues import Queues
from orchestrator.ledger import Ledger, lookup, views
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow import children
from orchestrator.ledger.views import Event, Run, StepView
from orchestrator.permits.door import Door
from orchestrator.permits.explaining import PermitExplainer
from orchestrator.permits.messages import Publisher
from orchestrator.plan import Plan
from orchestrator.progression import Progression
from orchestrator.settings import Settings
from orchestrator.states import RunState, StepState
from orchestrator.why.explaining import Explainer
from orchestrator.why.reasons import Reason


class Reader:
    """Answers questions about runs; one is enough for a process.

    Raises:
        ConfigurationError: there is no ledger.
    """

    def __init__(
        self, settings: Settings | None = None, application: Application | None = None
    ) -> None:
        self.settings = (settings or Settings()).require_ledger()
        self._given = application

    @cached_property
    def application(self) -> Application:
        """The tasks and workflows that can be submitted."""
        return self._given or Application.load(self.settings)

    @cached_property
    def ledger(self) -> Ledger:
        """Where runs are written."""
        return Ledger(self.settings.ledger_url)

    @cached_property
    def _app(self) -> Celery:
        return producer_app(self.settings)

    @cached_property
    def _plans(self) -> Plans:
        return Plans(self.ledger)

    @cached_property
    def _progression(self) -> Progression:
        return Progression(self.ledger, self._app, self._plans, lambda: self.application)

    @cached_property
    def _explainer(self) -> Explainer:
        def silent() -> str | None:
            return Queues(self.settings.broker_url).silence() if self.settings.broker_url else None

        return Explainer(
            self.ledger,
            self._plans,
            max_losses=self.settings.max_losses,
            silent=silent,
            parked=PermitExplainer(self.ledger, self._door),
        )

    @cached_property
    def _door(self) -> Door:
        return Door(self.ledger, self.settings.broker_url)

    @cached_property
    def _publisher(self) -> Publisher:
        return Publisher(self._app, self._plans, self._door)

    def find(self, beginning: str) -> str:
        """Return the id of the one run whose id begins so.

        Raises:
            RunNotFound: none does, or several do.
        """
        return lookup.find(self.ledger, beginning)

    def run(self, run_id: str) -> Run:
        """Return a run.

        Raises:
            RunNotFound: no run has this id.
        """
        return views.run(self.ledger, run_id)

    def runs(
        self, *, workflow: str | None = None, states: Collection[RunState] = (), limit: int = 50
    ) -> list[Run]:
        """Return runs, the newest first."""
        return views.list_runs(self.ledger, workflow=workflow, states=states, limit=limit)

    def steps(self, run_id: str, *, elements: bool = False) -> list[StepView]:
        """Return the steps of a run, in the order of its definition, and what undid them.

        Args:
            elements: also those of its maps, each after its map.
        """
        return views.list_steps(self.ledger, run_id, elements=elements)

    def events(self, run_id: str, *, after: int = 0) -> list[tuple[int, Event]]:
        """Return the events of a run with their numbers, those after number `after`."""
        return views.list_events(self.ledger, run_id, after=after)

    def results(self, run_id: str) -> dict[str, Any]:
        """Return what the steps of a run gave, plain JSON by step name."""
        return views.results(self.ledger, run_id)

    def result(self, run_id: str) -> Any:
        """Return what a run gave: its workflow's `result`, or what its last steps gave."""
        run = self.run(run_id)
        workflow = self._plans.workflow(run.version)
        with self.ledger.read() as connection:
            return children.result_of(
                connection, run_id, run.input, workflow, self._plans(run.version)
            )

    def plan(self, run_id: str) -> Plan:
        """Return the plan that a run follows."""
        return self._plans(self.run(run_id).version)

    def why(self, run_id: str, step: str | None = None) -> list[Reason]:
        """Say why a run does not move: the cause for every unfinished step, in a sentence.

        The run as a whole comes first where it is about to end, then the steps that could
        move, then those that run after them.

        Args:
            step: only this one, also if it has ended; an element of a map is `build[3]`.

        Raises:
            RunNotFound: no run has this id.
            StepNotFound: the run has no such step.
        """
        return self._explainer.why(run_id, step)

    def wait(self, run_id: str, *, timeout: float) -> Run:
        """Return a run when it has ended.

        Raises:
            RunNotFound: no run has this id.
            TimeoutError: it has not ended within `timeout` seconds.
        """
        until = time.monotonic() + timeout
        pause = 0.02
        while not (state := lookup.state(self.ledger, run_id)).is_final:
            if time.monotonic() > until:
                name = self.run(run_id).workflow
                raise TimeoutError(
                    f"run {run_id} of workflow {name!r} is {state} after {timeout} s"
                )
            time.sleep(pause)
            pause = min(0.25, pause * 1.5)
        return self.run(run_id)

    def get_task_status(self, task_id: str) -> StepState:
        """Return the state of a task that was submitted alone.

        Raises:
            RunNotFound: no task has this id.
        """
        self.run(task_id)
        return self.steps(task_id)[0].state
