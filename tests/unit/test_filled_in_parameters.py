"""What the executor fills in is no input: a definition leaves it out."""

from orchestrator import Attempt, Transaction, Workflow, task
from orchestrator.validation import check


@task("toy.book")
def book(amount: int, transaction: Transaction, attempt: Attempt) -> int:
    return amount


def problems(**inputs: object) -> list[str]:
    steps = [{"name": "book", "task": "toy.book", "inputs": inputs}]
    workflow = Workflow.model_validate({"name": "w", "steps": steps})
    return check(workflow, {"toy.book": book.__task__})


def test_a_transaction_and_an_attempt_need_not_be_bound():
    assert problems(amount=1) == []


def test_a_transaction_that_is_bound_is_refused():
    assert problems(amount=1, transaction=2) == [
        "step 'book' binds input 'transaction', which the application itself gives to task "
        "'toy.book': leave it out"
    ]
