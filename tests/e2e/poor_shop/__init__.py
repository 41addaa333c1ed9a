"""An application whose demonstration fails: one run of three ends badly."""

from orchestrator import Step, Workflow
from tests.toy.tasks import add, fail_for_good

__all__ = ["ADD", "FAIL", "add", "fail_for_good"]

ADD = Workflow(name="add", steps=(Step(name="add", task="toy.add", inputs={"a": "$input.a"}),))
FAIL = Workflow(name="fail", steps=(Step(name="fail", task="toy.fail_for_good"),))
