"""A run that is moved at random: by workers, maintenance, operators, and what goes wrong."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import sqlalchemy as sa

from orchestrator import Application, Priority, StepState, Workflow, compile
from orchestrator.clock import now
from orchestrator.errors import LostRace, NotWaiting, Refused, StepNotFound
from orchestrator.ledger import Ledger, outbox, submission
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow import children, claims, endings, outcomes, rescue
from orchestrator.ledger.flow.claim import Claim, Held, Message
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.tables import runs, steps, workers
from orchestrator.ledger.verbs import (
    cancelling,
    moving,
    paused_runs,
    reprioritizing,
    retrying,
    skipping,
)
from orchestrator.ledger.waiting import signals
from orchestrator.ledger.waiting.signals import Signal
from orchestrator.opening import Opener
from tests.integration.drawn import CHILD, changed, workflow

MAX_LOSSES = 3


class Wanderer:
    """A run, and all that may happen to it; each move is one that production code makes."""

    def __init__(self, ledger: Ledger, application: Application, chance: Random) -> None:
        self.ledger = ledger
        self.chance = chance
        self.plans = Plans(ledger)
        self.opener = Opener(ledger, self.plans, lambda: application)
        self.held: list[Claim] = []
        self.worker = self._enter()
        self.workflow = workflow(chance)
        self.run_id = self._submit()
        frequent = [self.claim] * 6 + [self.finish] * 6 + [self.open] * 4 + [self.settle] * 2
        seldom = [self.wake, self.publish, self.lose, self.give_back, self.signal, self.hear]
        rare = [self.pause, self.cancel, self.stop, self.reprioritize, self.cancel_orphans]
        rare += [self.retry, self.retry, self.retry_some, self.skip, self.move_on]
        self._moves: list[Callable[[], None]] = frequent * 4 + seldom * 3 + rare + [self.resume] * 3

    def move(self) -> str:
        """Make a move; return its name."""
        chosen = self.chance.choice(self._moves)
        chosen()
        return chosen.__name__

    def family(self) -> list[str]:
        """Return the run and its children, ended ones too."""
        with self.ledger.read() as connection:
            own = sa.or_(runs.c.id == self.run_id, runs.c.parent_run == self.run_id)
            return list(connection.execute(sa.select(runs.c.id).where(own)).scalars())

    def claim(self) -> None:
        row = self._any(("task", "undo"), ("ready", "queued", "running"))
        if row is None:
            return
        message = Message(row.run_id, row.name, row.attempts + 1)
        claimed = claims.claim(self.ledger, message, self.worker, self.plans, max_losses=MAX_LOSSES)
        if isinstance(claimed, Claim):
            self.held.append(claimed)

    def finish(self) -> None:
        if not self.held:
            return
        claimed = self.held.pop(self.chance.randrange(len(self.held)))
        self._record(claimed, self._outcome(claimed))

    def open(self) -> None:
        row = self._any(("map", "wait", "child"), ("ready",))
        if row is not None:
            self._follow(self.opener.open(row.run_id, row.name))

    def wake(self) -> None:
        outbox.wake(self.ledger)

    def publish(self) -> None:
        outbox.mark_queued(self.ledger, outbox.ready(self.ledger, run_id=self.run_id))

    def lose(self) -> None:
        """End the worker, and with it all that it holds; some of it comes late."""
        ended = {"lease_until": now() - dt.timedelta(seconds=1)}
        with self.ledger.write() as connection:
            connection.execute(
                sa.update(workers).where(workers.c.id == self.worker).values(**ended)
            )
        self.held = self.held[: self.chance.randint(0, 1)]
        self.worker = self._enter()

    def give_back(self) -> None:
        for lost in rescue.silent(self.ledger, grace=0):
            if lost.losses + 1 < MAX_LOSSES:
                rescue.give_back(self.ledger, lost)
            else:
                self._record(lost.held, self._failed("WorkersLost", lost.held))

    def signal(self) -> None:
        sent = Signal(self.run_id, "go", "1", by="somebody")
        with suppress(NotWaiting):
            self._follow(signals.send(self.ledger, sent, self.plans)[1])

    def settle(self) -> None:
        for run_id in endings.unsettled(self.ledger):
            self._follow(endings.settle(self.ledger, run_id, self.plans))

    def hear(self) -> None:
        for waiting in children.unheard(self.ledger):
            self._follow(self.opener.hear(*waiting))

    def cancel_orphans(self) -> None:
        for run_id in children.orphans(self.ledger):
            cancelling.cancel(self.ledger, run_id, self.plans, by="nobody", reason="orphan")

    def cancel(self) -> None:
        cancelling.cancel(
            self.ledger,
            self.run_id,
            self.plans,
            by="somebody",
            reason="enough",
            compensate=self.chance.random() < 0.8,
        )

    def pause(self) -> None:
        with suppress(Refused):
            paused_runs.pause(self.ledger, self.run_id, by="somebody", reason="wait")

    def resume(self) -> None:
        paused_runs.resume(self.ledger, self.run_id, by="somebody", reason="go on")

    def reprioritize(self) -> None:
        level = self.chance.choice(list(Priority))
        reprioritizing.change(
            self.ledger, self.run_id, self.plans, level, by="somebody", reason="urgent"
        )

    def stop(self) -> None:
        for told in cancelling.cancel_family(
            self.ledger, self.run_id, self.plans, by="somebody", reason="enough", stop=True
        ):
            self._follow(told)

    def retry(self) -> None:
        self._retry(self.run_id)

    def retry_some(self) -> None:
        run_id, name = self._any_step()
        self._retry(run_id, name)

    def skip(self) -> None:
        run_id, name = self._any_step()
        with suppress(Refused, StepNotFound):
            for told in skipping.skip(
                self.ledger, run_id, self.plans, [name], by="somebody", reason="seen to"
            ):
                self._follow(told)

    def move_on(self) -> None:
        """Move the run to another version of its workflow."""
        version = changed(self.workflow, self.chance)
        with suppress(Refused):
            moving.move(
                self.ledger,
                self.run_id,
                self.plans,
                self._asked(version),
                by="somebody",
                reason="better",
            )
            self.workflow = version

    def _retry(self, run_id: str, *named: str) -> None:
        with suppress(Refused, StepNotFound):
            for told in retrying.retry(
                self.ledger,
                run_id,
                self.plans,
                by="somebody",
                reason="once more",
                named=named,
                onwards=self.chance.random() < 0.5,
            ):
                self._follow(told)

    def _any_step(self) -> tuple[str, str]:
        row = self._any(("task", "undo", "map", "wait", "child"), tuple(StepState))
        return (self.run_id, "none") if row is None else (row.run_id, row.name)

    def _enter(self) -> str:
        worker = f"w{self.chance.getrandbits(64):x}"
        pool_processes.register(self.ledger, worker, pool="toy", node=worker, lease_seconds=60)
        return worker

    def _submit(self) -> str:
        with self.ledger.write() as connection:
            return submission.insert(connection, self._asked(self.workflow))[0]

    def _asked(self, version: Workflow) -> submission.Submission:
        return submission.Submission(
            version,
            compile(version),
            {},
            Priority.NORMAL,
            None,
            children={CHILD.name: CHILD.version},
            definitions=(CHILD,),
        )

    def _any(self, kinds: tuple[str, ...], states: tuple[str, ...]) -> Any | None:
        query = sa.select(steps.c.run_id, steps.c.name, steps.c.attempts).where(
            steps.c.run_id.in_(self.family()), steps.c.kind.in_(kinds), steps.c.state.in_(states)
        )
        with self.ledger.read() as connection:
            found = connection.execute(query.order_by(steps.c.run_id, steps.c.position)).all()
        return self.chance.choice(found) if found else None

    def _outcome(self, claimed: Claim) -> Outcome:
        if claimed.idle is not None:
            return Outcome(StepState.SKIPPED, reason=claimed.idle)
        kind = self.chance.choice(["succeeded"] * 7 + ["failed", "skipped", "waiting"])
        if kind == "failed":
            return self._failed("Odd", claimed)
        if kind == "waiting":
            return Outcome(StepState.WAITING, failure=Failure("Odd", "again"), due_in=0)
        return Outcome(StepState(kind), result="1" if kind == "succeeded" else None)

    def _failed(self, kind: str, held: Held) -> Outcome:
        critical = self.plans(held.version)[held.step].step.critical
        return Outcome(StepState.FAILED, failure=Failure(kind, "no"), critical=critical)

    def _record(self, held: Held, outcome: Outcome) -> None:
        with suppress(LostRace):
            self._follow(outcomes.record(self.ledger, held, outcome, self.plans))

    def _follow(self, progress: Progress) -> None:
        """Do what follows, or die before it: maintenance has moves of its own."""
        if self.chance.random() < 0.5:
            return
        for step in progress.openings:
            self._follow(self.opener.open(progress.run_id, step))
        if progress.settle:
            self._follow(endings.settle(self.ledger, progress.run_id, self.plans))
        if progress.parent is not None:
            self._follow(self.opener.hear(*progress.parent))
