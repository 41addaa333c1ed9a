"""What an ERP can answer instead of a result: six kinds, six ways on.

ErpError
├── NotFound        no such record: final
├── Rejected        the ERP's own rule said no: final
├── Confirm         a warning that somebody must accept by name: final until then
├── Conflict        the record changed since it was read: read it again
├── Busy            a lock was not free and nothing happened: safe to repeat
└── Unavailable     no answer, and it may have happened: look with `find(key)` first

The final ones are `DoNotRetry` too, so a step that meets one is not tried again,
whatever its `retry` says.
"""

from typing_extensions import override

from orchestrator.errors import DoNotRetry, OrchestratorError


class ErpError(OrchestratorError):
    """Base of what an ERP answers instead of a result."""


class NotFound(ErpError, DoNotRetry):
    """No record has this id."""


class Rejected(ErpError, DoNotRetry):
    """The ERP's own rule refuses this, today and tomorrow."""


class Confirm(ErpError, DoNotRetry):
    """The ERP goes on only when somebody accepts its warning.

    Attributes:
        name: of the warning, to accept it by.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name

    @override
    def __str__(self) -> str:
        """Return the warning's sentence."""
        return str(self.args[1])


class Conflict(ErpError):
    """Somebody changed the record since it was read."""


class Busy(ErpError):
    """A lock was not free; nothing happened."""


class Unavailable(ErpError):
    """No answer came; what was asked for may have happened all the same."""
