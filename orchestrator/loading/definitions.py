"""Workflow files: definitions in JSON and YAML, one to a file.

The shape is `Workflow`'s own. A file that is wrong says so by its name and the field.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from orchestrator.errors import InvalidFile, WorkflowError
from orchestrator.loading.plain_files import read
from orchestrator.model import Model
from orchestrator.policies import Retry, Timeout
from orchestrator.suggestion import did_you_mean
from orchestrator.workflow import Step, Workflow

SUFFIXES = frozenset({".json", ".yaml", ".yml"})


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
        raise InvalidFile(str(path), _sentences(content, error)) from error


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


def _sentences(content: object, error: ValidationError) -> list[str]:
    """Turn pydantic's findings into sentences that name the step and the field."""
    if not isinstance(content, dict):
        return [f"it holds a {type(content).__name__}, not a workflow's mapping"]
    sentences = []
    for problem in error.errors():
        location = tuple(part for part in problem["loc"])
        reason = _reason(location, problem)
        sentences.append(f"{_place(content, location)} {reason}")
    return sentences


def _reason(location: tuple[int | str, ...], problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return f"is no field{did_you_mean(str(location[-1]), _fields_beside(location))}"
    if problem["type"] == "missing":
        return "is missing"
    if problem["type"] == "value_error":
        return f"is wrong: {problem['ctx']['error']}"
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"is wrong, {problem['input']!r}: {message}"


def _fields_beside(location: tuple[int | str, ...]) -> list[str]:
    model: type[Model] = Workflow
    if "retry" in location[:-1]:
        model = Retry
    elif "timeout" in location[:-1]:
        model = Timeout
    elif location[:1] == ("steps",):
        model = Step
    return list(model.model_fields)


def _place(content: dict[str, Any], location: tuple[int | str, ...]) -> str:
    """Name a place as a reader would: `field 'timeout' of step 'charge'`."""
    field = ".".join(str(part) for part in location) or "the workflow"
    match location:
        case ("steps", int(index), *rest):
            step = content["steps"][index]
            name = step.get("name") if isinstance(step, dict) else None
            owner = f"step {name!r}" if name else f"step number {index + 1}"
            field = ".".join(str(part) for part in rest)
            return f"field {field!r} of {owner}" if field else owner
    return f"field {field!r}"


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return " ".join(str(error).split())
