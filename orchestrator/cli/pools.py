"""`orchestrator queues` and `orchestrator workers`: what waits, and who works."""

from orchestrator.cli import opening, output
from orchestrator.cli.output import JsonOption
from orchestrator.errors import Unavailable
from orchestrator.states import Priority


def queues(*, json: JsonOption = False) -> None:
    """Show how many messages wait with the broker, by pool and priority."""
    from redis.exceptions import RedisError

    from orchestrator.broker.queues import Queues

    settings = opening.settings().require_addresses()
    try:
        depths = Queues(settings.broker_url).depths(opening.application().domains)
    except RedisError as error:
        raise Unavailable(f"the broker does not answer: {error}") from error
    levels = [level.name.lower() for level in Priority]
    found = [
        {"queue": queue, **{level.name.lower(): by[level] for level in Priority}, "total": total}
        for queue, by in depths.items()
        for total in [sum(by.values())]
    ]
    if json:
        output.show_json(found)
        return
    output.show_table(
        ("QUEUE", *(f">{level.upper()}" for level in levels), ">TOTAL"),
        (tuple(line.values()) for line in found),
        empty="no queues: no loaded package defines a task",
    )


def workers(*, json: JsonOption = False) -> None:
    """Show how many processes each pool has that show signs of life."""
    from orchestrator.ledger import Ledger
    from orchestrator.ledger.workers import alive

    settings = opening.settings().require_addresses()
    working = alive(Ledger(settings.ledger_url))
    pools = sorted({*opening.application().domains, *working})
    found = [{"pool": pool, "processes": working.get(pool, 0)} for pool in pools]
    if json:
        output.show_json(found)
        return
    output.show_table(
        ("POOL", ">PROCESSES"),
        (tuple(line.values()) for line in found),
        empty="no pools: no loaded package defines a task",
    )
