"""Whether steps ever held more of a resource than there is, by what they said themselves.

Only attempts that counted are looked at: one that was frozen past its lease goes on when it
thaws, and nobody can stop that; but the ledger takes nothing from it any more.
"""

from collections import defaultdict
from collections.abc import Iterator

from orchestrator import Plan, Workflow, compile
from orchestrator.definition import names
from tests.chaos.works.scarce import CAPACITIES
from tests.chaos.world import World

#: A hold: when it began, when it ended, how much.
Hold = tuple[float, float, int]


def overbooked(world: World) -> Iterator[str]:
    """Give a sentence for each moment at which a resource was passed."""
    holds: dict[str, list[Hold]] = defaultdict(list)
    for asked in world.producer.asked.values():
        plan = compile(Workflow.model_validate(asked.message["workflow"]))
        for name, hold in _holds(world, asked.run_id or "", plan):
            holds[name].append(hold)
    for name, capacity in CAPACITIES.items():
        moves = [(began, amount) for began, _, amount in holds[name]]
        moves += [(ended, -amount) for _, ended, amount in holds[name]]
        held = 0
        for at, amount in sorted(moves):
            held += amount
            if held > capacity:
                yield f"{held} of {capacity} {name!r} were held at {at:.3f}"


def _holds(world: World, run_id: str, plan: Plan) -> Iterator[tuple[str, Hold]]:
    counted = {
        (event.step, event.attempt)
        for _, event in world.coordinator.events(run_id)
        if event.name == "step.succeeded"
    }
    began: dict[tuple[str, int], float] = {}
    for line in world.lines(run_id):
        attempt = (line.step, line.attempt)
        if line.event == "start":
            began[attempt] = line.at
        elif attempt in counted:
            permits = plan.steps[names.base(line.step)].step.permits
            for name, asked in permits.items():
                amount = {"shared": 1, "exclusive": 1000}.get(str(asked), 0) or int(asked)
                yield name, (began[attempt], line.at, amount)
