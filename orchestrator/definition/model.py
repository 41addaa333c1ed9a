"""What every record of a definition is: frozen, and without unknown fields."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from orchestrator.states import Priority


class Model(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _priority(value: object) -> object:
    if isinstance(value, str) and value.upper() in Priority.__members__:
        return Priority[value.upper()]
    if isinstance(value, str):
        known = ", ".join(level.name.lower() for level in Priority)
        raise ValueError(f"{value!r} is no priority: it is one of {known}")
    return value


#: A priority by its name in JSON and YAML, `high`.
PriorityName = Annotated[
    Priority,
    BeforeValidator(_priority),
    PlainSerializer(lambda level: level.name.lower(), return_type=str, when_used="json"),
]

#: Values and references by parameter name.
Inputs = dict[str, Any]
