"""Fields of records: what pydantic reads and writes for models, dataclasses and typed dicts."""

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Side = Literal["gives", "takes"]


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a record.

    Attributes:
        required: a record that is taken must have it; one that is given is sure to.
    """

    annotation: Any
    required: bool


def model_has_own_code(model: type[BaseModel], side: Side) -> bool:
    """Say whether a model's JSON is made, or read, by code of its own."""
    builder = model.__get_pydantic_core_schema__.__func__  # type: ignore[attr-defined]  # bound
    if builder is not BaseModel.__get_pydantic_core_schema__.__func__:  # type: ignore[attr-defined]  # bound
        return True
    decorators = model.__pydantic_decorators__
    if decorators.validators or decorators.root_validators:  # of pydantic 1, still allowed
        return True
    if side == "gives":
        return bool(decorators.model_serializers)
    modes = [validator.info.mode for validator in decorators.model_validators.values()]
    return any(mode != "after" for mode in modes)


def dataclass_has_own_code(kind: type) -> bool:
    """Say whether a dataclass brings pydantic validators or serialisers, or its own schema."""
    if hasattr(kind, "__get_pydantic_core_schema__"):
        return True
    decorators = getattr(kind, "__pydantic_decorators__", None)
    return decorators is not None and any(
        getattr(decorators, slot.name) for slot in dataclasses.fields(decorators)
    )


def of_model(model: type[BaseModel], side: Side) -> dict[str, Field]:
    """Return a model's fields: as given by their own names, as taken by aliases too."""
    coded = set(_fields_with_code(model, side))
    fields: dict[str, Field] = {}
    for name, info in model.model_fields.items():
        if side == "gives" and info.exclude:
            continue
        annotation = Any if coded & {name, "*"} else _annotation(info)
        aliases = () if side == "gives" else (info.alias, info.validation_alias)
        # With an alias it may be absent under this name and present under the other.
        required = not any(aliases) and (side == "gives" or info.is_required())
        for known in (name, *aliases):
            if isinstance(known, str):  # an alias may also be a path or a choice of several
                fields[known] = Field(annotation, required)
    if side == "gives":
        computed = model.model_computed_fields.items()
        fields |= {name: Field(field.return_type, required=False) for name, field in computed}
    return fields


def of_typed_dict(kind: Any) -> dict[str, Field]:
    """Return a TypedDict's fields."""
    hints = get_type_hints(kind)
    return {name: Field(hint, name in kind.__required_keys__) for name, hint in hints.items()}


def of_dataclass(kind: Any) -> dict[str, Field]:
    """Return a dataclass's fields."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.name: Field(hints.get(field.name, Any), _is_required(field))
        for field in dataclasses.fields(kind)
    }


def _annotation(info: FieldInfo) -> Any:
    return Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def _fields_with_code(model: type[BaseModel], side: Side) -> Iterator[str]:
    decorators = model.__pydantic_decorators__
    if side == "gives":
        for serializer in decorators.field_serializers.values():
            yield from serializer.info.fields
        return
    for validator in decorators.field_validators.values():
        if validator.info.mode != "after":
            yield from validator.info.fields


def _is_required(field: "dataclasses.Field[Any]") -> bool:
    defaults = (field.default, field.default_factory)
    return field.init and all(default is dataclasses.MISSING for default in defaults)
