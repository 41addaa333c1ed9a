"""Types at the edges of what can be read off an annotation."""

from decimal import Decimal
from enum import Enum
from typing import Any, NewType, TypeVar

import pydantic
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import core_schema
from typing_extensions import TypeAliasType

from tests.unit.shop import Line

T = TypeVar("T")
Sku = NewType("Sku", str)
Stock = TypeAliasType("Stock", dict[str, int] | str)


class Colour(Enum):
    RED = "red"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sku: str


class Tree(BaseModel):
    value: int
    children: "list[Tree]" = []


class OtherTree(BaseModel):
    value: Decimal
    children: "list[OtherTree]" = []


class Lines(RootModel[list[Line]]):
    pass


class Coded(BaseModel):
    """Takes a text and gives one, whatever its fields say."""

    sku: str

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"sku": value} if isinstance(value, str) else value

    @model_serializer
    def _to_text(self) -> str:
        return self.sku


class Odd(BaseModel):
    """One field by alias, one computed, one read by code, one written by code, one left out."""

    number: int = Field(alias="no")
    codes: list[str] = []
    secret: str = ""
    hidden: str = Field(default="", exclude=True)

    @field_validator("codes", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    @field_serializer("secret")
    def _hide(self, value: str) -> int:
        return len(value)

    @computed_field
    @property
    def double(self) -> int:
        return 2 * self.number


class Spelled(BaseModel):
    """Takes its field under several names."""

    weight: int = Field(validation_alias=AliasChoices("weight", "mass"))


@pydantic.dataclasses.dataclass
class Checked:
    codes: list[str]

    @field_validator("codes", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value


class Own:
    """Says itself how pydantic reads it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return core_schema.any_schema()


class OwnModel(BaseModel):
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return handler(source)
