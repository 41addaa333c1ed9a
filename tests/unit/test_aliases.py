"""Models with aliases: the ledger has fields by their own names, producers may use either."""

import json

import pytest
from pydantic import BaseModel, ConfigDict, Field

from orchestrator import Step, Workflow
from orchestrator.declare import Task
from orchestrator.validation import check_input


class ByAlias(BaseModel):
    full_name: str = Field(alias="FullName")


class ReadByAlias(BaseModel):
    full_name: str = Field(validation_alias="FullName")


class WrittenByAlias(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)

    full_name: str = Field(serialization_alias="FullName")


MADE = [ByAlias(FullName="Ann"), ReadByAlias(FullName="Ann"), WrittenByAlias(full_name="Ann")]


def greeting(model: type[BaseModel]) -> Task:
    def greet(person):
        return person

    greet.__annotations__ = {"person": model, "return": model}
    return Task("people.greet_person", greet)


@pytest.mark.parametrize("made", MADE)
def test_a_result_is_written_by_name_and_read_back_by_the_next_task(made):
    task = greeting(type(made))

    text = task.write_result(made)

    assert json.loads(text) == {"full_name": "Ann"}
    assert task.read_result(text) == task.parameters["person"].read_json(text) == made


@pytest.mark.parametrize("given", [MADE[0], {"FullName": "Ann"}, {"full_name": "Ann"}])
def test_an_input_may_have_either_name(given):
    task = greeting(ByAlias)
    step = Step(name="greet", task=task.name, inputs={"person": "$input.person"})
    workflow = Workflow(name="greetings", steps=(step,))

    taken = check_input(workflow, {task.name: task}, {"person": given})

    assert taken == {"person": {"full_name": "Ann"}}
    assert task.parameters["person"].read_json(json.dumps(taken["person"])) == MADE[0]
