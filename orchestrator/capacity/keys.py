"""The names of a domain's keys: nobody else makes any.

All of them stand in one slot of a cluster, since what is in braces alone is hashed, and each
script gets all of them, in this order: none is computed in a script.
"""

#: What the scripts call META RESOURCES REQUESTS .., in `lua/names.lua`.
NAMES = (
    "meta",  # hash: epoch, operation, mode, rules
    "resources",  # hash: name -> record
    "requests",  # hash: id -> record, of what waits and of what is held
    "messages",  # hash: id -> what is published when it is granted
    "queues",  # sorted by member: resource, score, id
    "deadlines",  # id -> until when a grant must be started
    "sessions",  # session -> when its lease ends
    "ttls",  # session -> how long its lease is
    "held",  # sorted by member: r, resource, id, and s, session, id
    "holds",  # id -> when it is held too long
    "suspects",  # id -> when it was last told of
    "outbox",  # id -> when its grant was last given to somebody to publish
    "timers",  # resource -> when somebody who waits for it may go
    "tags",  # hash: resource, tenant -> virtual time up to which the tenant is charged
    "weights",  # hash: resource, tenant -> turns, where it is not 1
)


def key(domain: str, name: str) -> str:
    """Return the name of one of a domain's keys.

    >>> key("main", "queues")
    'orchestrator:{main}:queues'
    """
    return f"orchestrator:{{{domain}}}:{name}"


def keys(domain: str) -> tuple[bytes, ...]:
    """Return the names of all of a domain's keys, in the order of the scripts."""
    return tuple(key(domain, name).encode() for name in NAMES)
