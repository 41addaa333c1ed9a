"""Carrying out what a committed transaction sets free, until nothing is left to carry out.

A worker, a producer and maintenance do this alike. Whatever is lost on the way (a process
that dies, a broker that is away) is in the ledger, and maintenance finds it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from orchestrator import canvas
from orchestrator.application import Application
from orchestrator.broker.publishing import publish
from orchestrator.dispatcher import Dispatcher
from orchestrator.errors import Unavailable
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger, outbox
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow import children, endings
from orchestrator.ledger.flow.progress import Progress, Turn
from orchestrator.ledger.sessions import admission, sessions
from orchestrator.ledger.turns import line
from orchestrator.ledger.verbs import cancelling
from orchestrator.ledger.waiting import deadlines
from orchestrator.modes import Place
from orchestrator.opening import Opener
from orchestrator.states import RunState

log = logging.getLogger(__name__)


@contextmanager
def left_to_maintenance(what: str) -> Iterator[None]:
    """Let what follows a commit fail in the block: that has happened, and must not look as if not.

    Args:
        what: maintenance does, a sentence.
    """
    try:
        yield
    except (OperationalError, RedisError, Unavailable) as error:
        log.warning("%s: %s", what, error)
    except Exception:
        log.exception(what)


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
        self._work_off(self._following(progress))

    def open(self, run_id: str, step: str) -> None:
        """Open a step that no worker does."""
        self._work_off(self._open(run_id, step))

    def hear(self, run_id: str, step: str) -> None:
        """Give a step the result of the child run it waits for."""
        self.carry_out(self._opener.hear(run_id, step))

    def meet(self, run_id: str, step: str) -> None:
        """Do what the time asks for of a step that waits: end it, or tell somebody."""
        self.carry_out(deadlines.meet(self._ledger, run_id, step, self._plans))

    def settle(self, run_id: str) -> None:
        """End a run of which nothing is open any more."""
        self.carry_out(endings.settle(self._ledger, run_id, self._plans))

    def begin_all(self, begun: Sequence[Progress]) -> None:
        """Publish the first steps of new runs, many in one go, and do what else follows."""
        publish(
            self._app,
            [
                message
                for progress in begun
                for message in canvas.hops(self._app, progress, self._plans(progress.version))
            ],
        )
        left = _Left()
        for progress in begun:
            left.add(self._following(progress))
        self._work_off(left)

    def begin(self, run_id: str) -> None:
        """Publish or open the steps of a run that are ready, or ask its session to."""
        self._work_off(self._begin(run_id))

    def admit(self, session: str) -> None:
        """Let the steps of a session start that its mode lets start now."""
        self._work_off(_Left(sessions={session}))

    def take_turns(self) -> None:
        """Let steps go that stand in the line of a pool and have their turn."""
        self._dispatcher.dispatch(line.move(self._ledger, line.all_standing(self._ledger)))

    def cancel_orphans(self, run_id: str) -> None:
        """Cancel the child runs of a run that it waits for no more."""
        for child in children.orphans(self._ledger, run_id):
            self.cancel_orphan(child)

    def cancel_orphan(self, child: str) -> None:
        """Cancel a child run that nobody waits for any more."""
        reason = "the run that began it goes on without it"
        self.carry_out(
            cancelling.cancel(self._ledger, child, self._plans, by="orchestrator", reason=reason)
        )

    def _work_off(self, left: "_Left") -> None:
        """Make the moves that are left and those that follow; sessions and lines at the end.

        Without recursion: a step that ends as it is opened may be followed by 10,000 like it.
        """
        while left.moves or left.sessions or left.turns:
            reach("progression.moving")
            if left.moves:
                left.add(left.moves.pop()())
            elif left.sessions:
                left.add(self._admit(left.sessions.pop()))
            else:
                self._dispatcher.dispatch(line.move(self._ledger, left.turns))
                left.turns.clear()
            reach("progression.moved")

    def _told(self, progress: Progress) -> "_Left":
        canvas.announce(self._app, progress, self._plans(progress.version))
        return self._following(progress)

    def _following(self, progress: Progress) -> "_Left":
        left = _Left(moves=list(self._moves(progress)))
        if progress.session is not None:
            left.sessions.add(progress.session)
        left.turns |= progress.turns
        return left

    def _moves(self, progress: Progress) -> Iterable["_Move"]:
        run_id = progress.run_id
        # What comes last is done first, and they are opened in their order.
        for step in reversed(progress.openings):
            yield partial(self._open, run_id, step)
        for child in progress.begun:
            yield partial(self._begin, child)
        if progress.settle:
            yield lambda: self._told(endings.settle(self._ledger, run_id, self._plans))
        if progress.parent is not None:
            parent = progress.parent
            yield lambda: self._told(self._opener.hear(*parent))
        if progress.settle or progress.run_state in (RunState.FAILED, RunState.CANCELLED):
            yield partial(self._cancel_orphans, run_id)

    def _open(self, run_id: str, step: str) -> "_Left":
        return self._told(self._opener.open(run_id, step))

    def _begin(self, run_id: str) -> "_Left":
        self._dispatcher.dispatch(outbox.ready(self._ledger, run_id=run_id))
        session = sessions.of_run(self._ledger, run_id)
        if session is not None:
            return _Left(sessions={session})
        left = self._openings(outbox.unopened(self._ledger, run_id=run_id))
        left.turns.update(line.standing(self._ledger, run_id))
        return left

    def _admit(self, session: str) -> "_Left":
        admitted = admission.admit(self._ledger, session)
        reach("progression.admitted")
        self._dispatcher.dispatch(admitted.dispatches)
        return self._openings(admitted.openings)

    def _openings(self, places: Sequence[Place]) -> "_Left":
        # As above.
        return _Left(moves=[partial(self._open, *place) for place in reversed(places)])

    def _cancel_orphans(self, run_id: str) -> "_Left":
        self.cancel_orphans(run_id)
        return _Left()


@dataclass(slots=True)
class _Left:
    """What is left to do."""

    moves: list["_Move"] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    turns: set[Turn] = field(default_factory=set)

    def add(self, more: "_Left") -> None:
        self.moves += more.moves
        self.sessions |= more.sessions
        self.turns |= more.turns


_Move = Callable[[], _Left]
