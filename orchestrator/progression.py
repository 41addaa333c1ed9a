"""Carrying out what a committed transaction sets free, until nothing is left to carry out.

A worker, a producer and maintenance do this alike. Whatever is lost on the way (a process
that dies, a broker that is away) is in the ledger, and maintenance finds it.
"""

from collections.abc import Callable, Iterable
from functools import partial

from celery import Celery

from orchestrator import canvas
from orchestrator.application import Application
from orchestrator.dispatcher import Dispatcher
from orchestrator.failpoints import reach
from orchestrator.ledger import (
    Ledger,
    admission,
    cancelling,
    children,
    deadlines,
    endings,
    outbox,
)
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.progress import Progress
from orchestrator.opening import Opener
from orchestrator.states import RunState


class Progression:
    """Follows up progress: publishes, opens, settles, and tells parents.

    Args:
        application: called when a step that no worker does is first opened.
    """

    def __init__(
        self, ledger: Ledger, app: Celery, plans: Plans, application: Callable[[], Application]
    ) -> None:
        self._ledger = ledger
        self._app = app
        self._plans = plans
        self._opener = Opener(ledger, plans, application)
        self._dispatcher = Dispatcher(ledger, app, plans)

    def carry_out(self, progress: Progress) -> None:
        """Publish what was set free, and do all else that follows.

        Raises:
            Unavailable: the ledger does not answer; maintenance does the rest.
            kombu.exceptions.OperationalError: neither does the broker.
        """
        canvas.announce(self._app, progress, self._plans(progress.version))
        self.follow_up(progress)

    def follow_up(self, progress: Progress) -> None:
        """Do all that is not published from the step itself: openings, endings, children."""
        left = list(self._moves(progress))
        while left:
            move = left.pop()
            reach("progression.moving")
            more = move()
            reach("progression.moved")
            if more is not None:
                canvas.announce(self._app, more, self._plans(more.version))
                left += self._moves(more)

    def open(self, run_id: str, step: str) -> None:
        """Open a step that no worker does."""
        self.carry_out(self._opener.open(run_id, step))

    def hear(self, run_id: str, step: str) -> None:
        """Give a step the result of the child run it waits for."""
        self.carry_out(self._opener.hear(run_id, step))

    def meet(self, run_id: str, step: str) -> None:
        """Do what the time asks for of a step that waits: end it, or tell somebody."""
        self.carry_out(deadlines.meet(self._ledger, run_id, step, self._plans))

    def settle(self, run_id: str) -> None:
        """End a run of which nothing is open any more."""
        self.carry_out(endings.settle(self._ledger, run_id, self._plans))

    def begin(self, run_id: str) -> None:
        """Publish or open the steps of a run that are ready."""
        self._dispatcher.dispatch(outbox.ready(self._ledger, run_id=run_id))
        for step in outbox.unopened(self._ledger, run_id=run_id):
            self.open(*step)

    def admit(self, session: str) -> None:
        """Let the steps of a session start that its mode lets start now."""
        admitted = admission.admit(self._ledger, session)
        self._dispatcher.dispatch(admitted.dispatches)
        for step in admitted.openings:
            self.open(*step)

    def cancel_orphans(self, run_id: str | None = None) -> None:
        """Cancel the child runs that nobody waits for any more."""
        for child in children.orphans(self._ledger, run_id):
            reason = "the run that began it goes on without it"
            self.carry_out(
                cancelling.cancel(
                    self._ledger, child, self._plans, by="orchestrator", reason=reason
                )
            )

    def _moves(self, progress: Progress) -> Iterable[Callable[[], Progress | None]]:
        run_id = progress.run_id
        for step in progress.openings:
            yield partial(self._opener.open, run_id, step)
        for child in progress.begun:
            yield partial(self.begin, child)
        if progress.settle:
            yield partial(endings.settle, self._ledger, run_id, self._plans)
        if progress.parent is not None:
            yield partial(self._opener.hear, *progress.parent)
        if progress.session is not None:
            yield partial(self.admit, progress.session)
        if progress.settle or progress.run_state in (RunState.FAILED, RunState.CANCELLED):
            yield partial(self.cancel_orphans, run_id)
