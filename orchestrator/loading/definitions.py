"""Workflow files: definitions in JSON and YAML, one to a file.

The shape is `Workflow`'s own. A file that is wrong says so by its name and the field.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from orchestrator.definition.model import Model
from orchestrator.errors import InvalidFile, WorkflowError
from orchestrator.loading.plain_files import read
from orchestrator.suggestion import did_you_mean
from orchestrator.workflow import Workflow

SUFFIXES = frozenset({".json", ".yaml", ".yml"})

#: Where pydantic found something: fields and places in lists, from the outside in.
Location = tuple[int | str, ...]

_NOTHING = object()

#: What a file's author calls what pydantic calls otherwise.
_KINDS = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "a text",
}


def load_file(path: Path) -> Workflow:
    """Return the workflow a file defines.

    Raises:
        InvalidFile: the file cannot be read or is no workflow; one sentence a problem.
    """
    try:
        content = read(path)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InvalidFile(str(path), [f"it cannot be read: {_one_line(error)}"]) from error
    try:
        return Workflow.model_validate(content)
    except ValidationError as error:
        raise InvalidFile(str(path), sentences(content, error)) from error


def load_folder(path: Path) -> list[Workflow]:
    """Return the workflows of a folder's files, by file name; a folder that is not there has none.

    Raises:
        WorkflowError: a file is no workflow, or two files define one name.
    """
    homes: dict[str, Path] = {}
    workflows = []
    for file in files_in(path):
        workflow = load_file(file)
        if workflow.name in homes:
            raise WorkflowError(
                f"{str(file)!r} defines workflow {workflow.name!r}, and so does "
                f"{str(homes[workflow.name])!r}: rename one"
            )
        homes[workflow.name] = file
        workflows.append(workflow)
    return workflows


def files_in(folder: Path) -> list[Path]:
    """Return the workflow files of a folder, by name; a folder that is not there has none."""
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES)


def sentences(content: object, error: ValidationError) -> list[str]:
    """Turn pydantic's findings into sentences that name the step and the field."""
    if not isinstance(content, dict):
        return [f"it holds a {type(content).__name__}, not a workflow's mapping"]
    told: dict[str, str] = {}
    for problem in error.errors():
        location = _written(content, problem["loc"], problem["type"])
        # Of several types that a field may have, each brings a finding: the first is enough.
        told.setdefault(_place(content, location), _reason(location, problem))
    return [f"{place} {reason}" for place, reason in told.items()]


def _written(content: object, location: Location, kind: str) -> Location:
    """Return a location as far as it is the file's: pydantic adds marks of its own."""
    kept: list[int | str] = []
    for part in location:
        inside = _inside(content, part)
        if inside is not _NOTHING:
            kept.append(part)
            content = inside
        elif kind == "missing" and part is location[-1]:
            kept.append(part)
    return tuple(kept)


def _inside(holder: Any, part: int | str) -> Any:
    if isinstance(holder, dict) and isinstance(part, str):
        return holder.get(part, _NOTHING)
    if isinstance(holder, list) and isinstance(part, int):
        return holder[part]
    return _NOTHING


def _reason(location: Location, problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return f"is no field{did_you_mean(str(location[-1]), _fields_beside(location))}"
    if problem["type"] == "missing":
        return "is missing"
    if problem["type"] == "value_error":
        return f"is wrong: {problem['ctx']['error']}"
    if problem["type"] in _KINDS:
        return f"is wrong, {problem['input']!r}: it should be {_KINDS[problem['type']]}"
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"is wrong, {problem['input']!r}: {message}"


def _fields_beside(location: Location) -> list[str]:
    model: type[Model] | None = Workflow
    for part in location[:-1]:
        if isinstance(part, str) and model is not None and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation)
    return [] if model is None else list(model.model_fields)


def _model_in(annotation: Any) -> type[Model] | None:
    """Return the model of a field's type, however it is wrapped."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _place(content: dict[str, Any], location: Location) -> str:
    """Name a place as a reader would: `field 'timeout' of step 'charge'`."""
    match location:
        case ("steps", int(index), *rest):
            step = content["steps"][index]
            name = step.get("name") if isinstance(step, dict) else None
            owner = f"step {name!r}" if name else f"step number {index + 1}"
            return f"field {_path(rest)!r} of {owner}" if rest else owner
    return f"field {_path(location)!r}" if location else "the workflow"


def _path(location: Sequence[int | str]) -> str:
    """Write a place in a mapping as `wait_for.escalate[0].after`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return " ".join(str(error).split())
