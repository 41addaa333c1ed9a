"""The id of a step's message, which is its task's id for Celery and Flower: `run:step:attempt`."""

from typing import NamedTuple


class MessageId(NamedTuple):
    """Which attempt of which step a message is for."""

    run_id: str
    step: str
    attempt: int

    @classmethod
    def read(cls, text: str) -> "MessageId":
        """Return what a text says; attempt 0, which no message is for, where it is no number.

        >>> MessageId.read("run:scan[3]:2")
        MessageId(run_id='run', step='scan[3]', attempt=2)
        """
        run_id, _, rest = text.partition(":")
        step, _, attempt = rest.rpartition(":")
        return cls(run_id, step, int(attempt) if attempt.isdecimal() else 0)

    def __str__(self) -> str:
        return f"{self.run_id}:{self.step}:{self.attempt}"
