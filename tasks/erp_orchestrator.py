"""What the orchestrators of all flows share: who submits their runs, and which ERP is meant."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator import Coordinator, Run


class ErpOrchestrator:
    """Submits runs of flows that end in an ERP.

    Args:
        coordinator: submits the runs; one for the settings of the environment when left out.
        erp_type: the adapter that is to be worked in, such as `embedded`; the setting
            `ERP_URL` of the workers decides, and must agree.
    """

    def __init__(
        self, coordinator: "Coordinator | None" = None, erp_type: str | None = None
    ) -> None:
        self._given = coordinator
        self._erp_type = erp_type

    @property
    def coordinator(self) -> "Coordinator":
        """Who submits the runs."""
        if self._given is None:
            # Reached only here: reading a mail's result needs neither SQL nor Celery.
            from orchestrator import Coordinator  # noqa: PLC0415  # see above

            self._given = Coordinator()
        return self._given

    def wait(self, run_id: str, timeout: float = 60.0) -> "Run":
        """Return a run when it has ended.

        Args:
            timeout: seconds to wait; the run goes on when they are over.

        Raises:
            TimeoutError: the run has not ended in time.
        """
        return self.coordinator.wait(run_id, timeout=timeout)

    def _check_erp(self) -> None:
        if self._erp_type is None:
            return
        from tasks.adapters import ERPFactory  # noqa: PLC0415  # brings SQLAlchemy

        ERPFactory(erp_type=self._erp_type).connect()
        self._erp_type = None
