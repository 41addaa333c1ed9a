"""Short words for tests: requests, and what becomes of them."""

from orchestrator.capacity.replies import Answer, Granted, Parked, Request
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.semaphores import Semaphores

#: Seconds that no test lasts.
LONG = 10_000.0


def pool(name: str, capacity: int, **more: object) -> Resource:
    """Return a resource with a capacity."""
    return Resource.model_validate({"name": name, "capacity": capacity, **more})


def lock(name: str, **more: object) -> Resource:
    """Return a lock."""
    return Resource.model_validate({"name": name, "type": "lock", **more})


def rate(name: str, units: int, per: float, burst: int, **more: object) -> Resource:
    """Return a rate."""
    fields = {"name": name, "type": "api_quota", "capacity": units, "per": per, "burst": burst}
    return Resource.model_validate({**fields, **more})


def ask(request_id: str, session: str = "s", *, message: bool = True, **need: int) -> Request:
    """Return a request; underscores in names of resources stand for nothing else."""
    text = f"message of {request_id}".encode() if message else b""
    return Request(request_id, need, session, message=text)


def take(semaphores: Semaphores, request: Request) -> int:
    """Acquire what is free; return the token."""
    answer = semaphores.acquire(request, park=False)
    assert isinstance(answer, Granted), answer
    return answer.token


def park(semaphores: Semaphores, request: Request) -> Parked:
    """Acquire what is not free."""
    answer = semaphores.acquire(request, park=True)
    assert isinstance(answer, Parked), answer
    return answer


def granted(answer: object) -> list[str]:
    """Return the ids that a reply grants."""
    grants = answer if isinstance(answer, tuple) else answer.grants  # type: ignore[attr-defined] # any reply with grants
    return [grant.id for grant in grants]


def token_of(answer: Answer) -> int:
    """Return the token of what was granted."""
    assert isinstance(answer, Granted), answer
    return answer.token
