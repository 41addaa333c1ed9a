"""What Prometheus is told of permits, in its text format.

    orchestrator_permits_used{resource="card-gateway"} 3
    orchestrator_permits_waiting{resource="card-gateway"} 12

Gauges are as things are; counters count since Redis was last told who holds permits.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from orchestrator.capacity.views import Totals, Usage

#: By name: what it is, and where it stands in a `Usage`.
_GAUGES = {
    "used": "How much is held; of a quota, how much has not come again.",
    "capacity": "How much there is; of a quota, its burst.",
    "peak": "The most that was held at once.",
    "waiting": "Requests in line.",
    "oldest_wait": "Seconds that the first in line has waited.",
    "over_by": "How much more is held than there is, since that was lowered.",
    "blocked_for": "Seconds until anything is granted again.",
}
_COUNTERS = {
    "grants": "Requests that were granted.",
    "reclaimed": "Permits that were taken back from holders that fell silent.",
}
_TOTALS = {
    "late": "Grants that nobody started in time.",
    "republished": "Grants whose message was sent again.",
    "stale_effects": "Attempts that ended after their step was taken from them.",
}


def exposition(usages: Iterable[Usage], totals: Totals | None) -> str:
    """Return the metrics of resources as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(_Permits(list(usages), totals))
    return generate_latest(registry).decode()


class _Permits(Collector):
    def __init__(self, usages: list[Usage], totals: Totals | None) -> None:
        self._usages = usages
        self._totals = totals

    @override
    def collect(self) -> Iterator[Metric]:
        for name, said in _GAUGES.items():
            gauge = GaugeMetricFamily(f"orchestrator_permits_{name}", said, labels=["resource"])
            for usage in self._usages:
                gauge.add_metric([usage.name], getattr(usage, name))
            yield gauge
        for name, said in _COUNTERS.items():
            counter = CounterMetricFamily(f"orchestrator_permits_{name}", said, labels=["resource"])
            for usage in self._usages:
                counter.add_metric([usage.name], getattr(usage, name))
            yield counter
        for name, said in _TOTALS.items() if self._totals is not None else ():
            yield CounterMetricFamily(
                f"orchestrator_permits_{name}", said, value=getattr(self._totals, name)
            )
