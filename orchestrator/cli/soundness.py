"""All that is wrong with workflows: of the packages, of the folder, of single files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.application import Application
from orchestrator.cli import opening
from orchestrator.cli.definitions import is_file
from orchestrator.errors import InvalidFile, UnknownWorkflow
from orchestrator.loading.definitions import files_in, load_file
from orchestrator.suggestion import did_you_mean
from orchestrator.validation import check
from orchestrator.workflow import Workflow


@dataclass(frozen=True)
class Finding:
    """What was found out about one workflow.

    Attributes:
        name: of the workflow; of its file, where that holds none.
        file: where it comes from; None: from a package.
        problems: a sentence each; none: it is sound.
    """

    name: str
    file: str | None
    problems: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


def findings(wanted: Sequence[str]) -> list[Finding]:
    """Check the workflows that are wanted by name or file, or all that are defined.

    Raises:
        UnknownWorkflow: a name is none of theirs.
    """
    settings = opening.settings()
    packaged = Application.load(settings, files=False)
    files = [Path(name) for name in wanted if is_file(name)]
    folder = files_in(settings.workflows)
    # A step may run any of them as a child, also one that is to be put in its place.
    known = {**_readable(folder), **packaged.workflows, **_readable(files)}
    application = replace(packaged, workflows=known)
    found = [*_of_files(application, files)]
    names = [name for name in wanted if not is_file(name)]
    if names or not wanted:
        defined = [
            *_of_packages(application, packaged.workflows),
            *_of_files(application, folder, taken=packaged.workflows),
        ]
        found += _named(defined, names) if names else defined
    return found


def _readable(files: Sequence[Path]) -> dict[str, Workflow]:
    workflows: dict[str, Workflow] = {}
    for file in files:
        with suppress(InvalidFile):  # told as a finding
            workflow = load_file(file)
            workflows.setdefault(workflow.name, workflow)
    return workflows


def _of_packages(application: Application, packaged: Mapping[str, Workflow]) -> Iterator[Finding]:
    for workflow in sorted(packaged.values(), key=lambda workflow: workflow.name):
        yield _finding(workflow, application, None)


def _of_files(
    application: Application, files: Sequence[Path], taken: Mapping[str, Workflow] | None = None
) -> Iterator[Finding]:
    homes = dict.fromkeys(taken or (), "a package")
    for file in files:
        try:
            workflow = load_file(file)
        except InvalidFile as error:
            yield Finding(error.file, error.file, error.problems)
            continue
        finding = _finding(workflow, application, str(file))
        if (first := homes.setdefault(workflow.name, repr(str(file)))) != repr(str(file)):
            second = f"{first} defines a workflow of this name too: rename one"
            finding = replace(finding, problems=(*finding.problems, second))
        yield finding


def _finding(workflow: Workflow, application: Application, file: str | None) -> Finding:
    return Finding(
        workflow.name,
        file,
        tuple(check(workflow, application.tasks, application.workflows, application.resources)),
    )


def _named(defined: Sequence[Finding], names: Sequence[str]) -> list[Finding]:
    known = {finding.name for finding in defined}
    for name in names:
        if name not in known:
            raise UnknownWorkflow(
                f"no package and no file defines workflow {name!r}{did_you_mean(name, known)}"
            )
    return [finding for finding in defined if finding.name in names]
