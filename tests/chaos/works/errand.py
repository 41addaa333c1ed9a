"""A workflow that others run as a child."""

from orchestrator import Step, Workflow

ERRAND = Workflow(
    name="errand",
    steps=(
        Step(name="go", task="works.work"),
        Step(name="come_back", task="works.work", after=("go",)),
    ),
)
