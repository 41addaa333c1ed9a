"""Plan to Celery: this module and `chords` alone know what a chain and a chord are.

A message names a run, a step and an attempt and nothing else, so it stays small in a
DAG of any size. A step's one successor is the next link of a Celery chain; several
successors are published together; a join is the body of a chord.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from celery import Celery
from celery.canvas import Signature, chain, chord
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError

from orchestrator.broker.patience import asking
from orchestrator.broker.publishing import publish
from orchestrator.chords import Part, SharedHeaderBackend
from orchestrator.errors import ConfigurationError
from orchestrator.ledger.flow.progress import Next, Progress
from orchestrator.message_id import MessageId
from orchestrator.plan import Plan
from orchestrator.workflow import Step

log = logging.getLogger(__name__)

EXCHANGE = Exchange("orchestrator", type="direct")


def queue_of(domain: str) -> Queue:
    """Return the queue of a domain's pool."""
    return Queue(domain, EXCHANGE, routing_key=domain)


#: The header that names what was granted to a step that was parked: the request, and its token.
GRANT = "grant"


def signature(
    app: Celery,
    run_id: str,
    step: Step,
    attempt: int,
    level: int,
    *,
    grant: tuple[str, int] | None = None,
) -> Signature:
    """Return the message for one attempt of a step, at a level of the broker.

    Args:
        grant: what it was granted while it was parked.
    """
    if step.domain not in app.amqp.queues:
        app.amqp.queues.add(queue_of(step.domain))
    options: dict[str, Any] = {
        "task_id": str(MessageId(run_id, step.name, attempt)),
        "queue": step.domain,
        "priority": level,
        # Said with each message: Celery asks its setting only for tasks of its own process, so
        # a producer would wait for a result of each, and for the broker that is down.
        "ignore_result": True,
    }
    if step.timeout is not None:
        options |= {"soft_time_limit": step.timeout.soft, "time_limit": step.timeout.hard}
    if grant is not None:
        options["headers"] = {GRANT: list(grant)}
    message = {"run_id": run_id, "step": step.name, "attempt": attempt}
    return Signature(step.task, kwargs=message, options=options, immutable=True, app=app)


def hops(app: Celery, progress: Progress, plan: Plan) -> list[Signature]:
    """Return the messages of the steps that are to be published now."""
    return [_message(app, progress, plan, nearer) for nearer in progress.hops]


def propagate(app: Celery, request: Any, progress: Progress, plan: Plan, *, failed: bool) -> None:
    """Tell Celery what a finished step sets free.

    The one next step becomes the request's chain, and the joins its chord: Celery's tracer
    sends both after the task returns and before the message is acknowledged.

    Args:
        failed: the task is going to raise; Celery then sends a chord's part but no chain.
    """
    messages = hops(app, progress, plan)
    if len(messages) == 1 and not failed:
        request.chain = messages
    else:
        publish(app, messages)
    if progress.joins:
        request.chord = True
        request.parts = parts(app, progress, plan)
    if progress.run_state is not None:
        forget(app, progress.run_id, plan)


def announce(app: Celery, progress: Progress, plan: Plan) -> None:
    """Tell Celery the same outside of a task: what was written on a step's behalf.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    publish(app, hops(app, progress, plan))
    give(app, parts(app, progress, plan))
    if progress.run_state is not None:
        forget(app, progress.run_id, plan)


def parts(app: Celery, progress: Progress, plan: Plan) -> list[Part]:
    """Return what a finished step gives to the chords of the joins after it."""
    return [_part(app, progress, plan, nearer) for nearer in progress.joins]


def give(app: Celery, given: Sequence[Part]) -> None:
    """Give parts to their chords, those of one chord in one go.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    if given:
        with asking(app):
            _backend_of(app).give(given)


def forget(app: Celery, run_id: str, plan: Plan) -> None:
    """Delete what is left of the chords of a run that has ended."""
    chords = [chord_id(run_id, join.body, 1) for join in plan.chords]
    if not chords:
        return
    try:
        with asking(app):
            _backend_of(app).forget_chords(chords)
    except OperationalError as error:
        log.info("the chords of run %s are left to expire: %s", run_id, error)


def _backend_of(app: Celery) -> SharedHeaderBackend:
    """Return the backend that counts chords."""
    backend = app.backend
    if not isinstance(backend, SharedHeaderBackend):
        raise ConfigurationError(f"the result backend {backend!r} cannot count our chords")
    return backend


def _message(app: Celery, progress: Progress, plan: Plan, nearer: Next) -> Signature:
    """Return the message of a step that another set free."""
    return signature(app, progress.run_id, plan[nearer.step].step, nearer.attempt, nearer.level)


def _part(app: Celery, progress: Progress, plan: Plan, nearer: Next) -> Part:
    """Return what a finished step gives to the chord of a join."""
    header = plan.steps[nearer.step].after
    step = progress.step or ""
    return Part(
        step=f"{progress.run_id}:{step}",
        chord=chord_id(progress.run_id, nearer.step, nearer.generation),
        size=len(header),
        index=header.index(step),
        body=partial(_message, app, progress, plan, nearer),
    )


def chord_id(run_id: str, join: str, generation: int) -> str:
    """Return the name of a join's chord."""
    return f"{run_id}:{join}:{generation}"


def drawn(app: Celery, plan: Plan) -> list[Signature]:
    """Return the plan as Celery signatures: its chains, and the chords that open some of them.

    They show the shape; a run is sent hop by hop, because one signature would carry the
    whole rest of the DAG in each message.
    """

    def stub(name: str) -> Signature:
        return Signature(plan.steps[name].step.task, args=(name,), immutable=True, app=app)

    drawings: list[Signature] = []
    for stretch in plan.chains:
        links = [stub(name) for name in stretch]
        body = links[0] if len(links) == 1 else chain(*links)
        header = plan.steps[stretch[0]].header
        if plan.steps[stretch[0]].arrival == "join":
            drawings.append(chord([stub(name) for name in header], body))
        else:
            drawings.append(body)
    return drawings
