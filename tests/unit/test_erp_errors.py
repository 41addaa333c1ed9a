"""The six answers of an ERP: which are final, and that they keep their sentence."""

import pickle

import pytest

from orchestrator.errors import DoNotRetry
from tasks.erp_errors import Busy, Confirm, Conflict, ErpError, NotFound, Rejected, Unavailable


@pytest.mark.parametrize("kind", [NotFound, Rejected, Confirm])
def test_what_the_erp_refuses_is_final(kind):
    assert issubclass(kind, DoNotRetry)


@pytest.mark.parametrize("kind", [Conflict, Busy, Unavailable])
def test_what_the_moment_refuses_is_tried_again(kind):
    assert not issubclass(kind, DoNotRetry)


def test_an_error_survives_pickle():
    for error in (NotFound("no offer"), Confirm("late", "the date has passed"), Busy("locked")):
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # made one line above

        assert isinstance(copy, ErpError)
        assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_a_warning_is_named_so_that_it_can_be_accepted():
    warning = Confirm("past_due_date", "the due date has passed")

    assert (warning.name, str(warning)) == ("past_due_date", "the due date has passed")
