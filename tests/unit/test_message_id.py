"""What a message's id says, and how it is read."""

import pytest

from orchestrator.message_id import MessageId


@pytest.mark.parametrize("step", ["scan", "scan[3]", "a:b"])
def test_what_is_written_is_read_again(step: str) -> None:
    written = MessageId("run", step, 2)

    assert MessageId.read(str(written)) == written


@pytest.mark.parametrize("text", ["", "run", "run:step", "run:step:", "run:step:x"])
def test_what_is_no_such_id_is_of_no_attempt(text: str) -> None:
    assert MessageId.read(text).attempt == 0
