"""A resource as the scripts know it."""

from orchestrator.capacity.resources import Resource


def fields_of(resource: Resource, effective: int | None, *, mode: str = "open") -> list[str | int]:
    """Return the arguments that register a resource, as `register.lua` lists them.

    Args:
        effective: the capacity, or units per period, to use instead of its own.
        mode: the domain is open, or is being rebuilt.
    """
    limit = resource.limit if effective is None else effective
    rated = resource.is_rate
    return [
        mode,
        resource.name,
        "r" if rated else "c",
        resource.most if rated else limit,
        limit if rated else 0,
        round((resource.per or 0) * 1e6),
        int(resource.is_fifo),
        resource.reclaim.value,
        round((resource.max_hold or 0) * 1000),
        int(resource.fair),
        *(item for pair in sorted(resource.weights.items()) for item in _turns(pair)),
    ]


def _turns(pair: tuple[str, float]) -> tuple[str, str]:
    return pair[0], repr(pair[1])
