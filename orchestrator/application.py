"""The application: the tasks, workflows and providers that the packages of a user define.

    config: packages ──import──▶ functions marked by @task and @provides, Workflow instances
            workflow folder ──read──▶ more workflows

It is the one registry, made when a process starts and never changed after.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.capacity.resources import Resource
from orchestrator.declare import Task
from orchestrator.errors import ConfigurationError, UnknownTask, UnknownWorkflow
from orchestrator.loading.definitions import load_folder
from orchestrator.loading.discovery import Found, modules_of
from orchestrator.settings import Settings
from orchestrator.suggestion import did_you_mean
from orchestrator.workflow import Workflow


@dataclass(frozen=True)
class Application:
    """What a user's packages define.

    Attributes:
        tasks: by name.
        workflows: by name.
        providers: the factory of each type that tasks ask for by `Provided[...]`.
        resources: what permits are taken of, by name.
        preloads: what the processes of a pool share, by its domain.
    """

    tasks: Mapping[str, Task]
    workflows: Mapping[str, Workflow]
    providers: Mapping[Any, Callable[[], Any]]
    resources: Mapping[str, Resource] = field(default_factory=dict)
    preloads: Mapping[str, Sequence[Callable[[], Any]]] = field(default_factory=dict)

    @classmethod
    def load(cls, settings: Settings, *, files: bool = True) -> "Application":
        """Import the packages the settings name and read the folder of workflow files.

        Args:
            files: without them, whoever checks the files loads what their steps may call.

        Raises:
            ConfigurationError: a package is not there or fails to import, or two places
                define one name.
            WorkflowError: a workflow file is wrong.
        """
        _make_importable(Path.cwd())
        found = Found()
        for module in modules_of(settings):
            found.gather(module)
        for workflow in load_folder(settings.workflows) if files else ():
            found.add_workflow(workflow, f"a file in {str(settings.workflows)!r}")
        for resource in settings.resources:
            found.add_resource(resource, "ORCHESTRATOR_RESOURCES")
        application = cls(
            found.tasks, found.workflows, found.providers, found.resources, found.preloads
        )
        application._refuse_idle_preloads()
        return application

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains of the tasks: each is a queue and a pool."""
        return tuple(sorted({task.domain for task in self.tasks.values()}))

    def preload(self, domain: str) -> None:
        """Load what the processes of a pool share.

        Raises:
            ConfigurationError: some of it fails.
        """
        for load in self.preloads.get(domain, ()):
            try:
                load()
            except Exception as error:  # whatever a user's function may raise
                raise ConfigurationError(
                    f"pool {domain!r} cannot preload {_place(load)}: "
                    f"{type(error).__name__}: {error}"
                ) from error

    def task(self, name: str) -> Task:
        """Return the task of this name.

        Raises:
            UnknownTask: no loaded package defines it.
        """
        if name not in self.tasks:
            raise UnknownTask(
                f"no loaded package defines task {name!r}{did_you_mean(name, self.tasks)}"
            )
        return self.tasks[name]

    def provider(self, kind: Any) -> Callable[[], Any]:
        """Return the factory of what tasks ask for by `Provided[kind]`.

        Raises:
            ConfigurationError: no loaded package provides it.
        """
        if kind not in self.providers:
            name = getattr(kind, "__name__", repr(kind))
            raise ConfigurationError(
                f"no loaded package provides {name}: mark a factory with @provides({name})"
            )
        return self.providers[kind]

    def workflow(self, name: str) -> Workflow:
        """Return the workflow of this name.

        Raises:
            UnknownWorkflow: no package and no file defines it.
        """
        if name not in self.workflows:
            raise UnknownWorkflow(
                f"no package and no file defines workflow {name!r}"
                f"{did_you_mean(name, self.workflows)}"
            )
        return self.workflows[name]

    def _refuse_idle_preloads(self) -> None:
        for domain, (load, *_) in self.preloads.items():
            if domain not in self.domains:
                raise ConfigurationError(
                    f"{_place(load)} is preloaded by pool {domain!r}, and no task belongs to that"
                    f"{did_you_mean(domain, self.domains)}"
                )


def _place(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _make_importable(folder: Path) -> None:
    """Let packages of the current folder be imported.

    `python -m` puts the folder on the path; the console scripts `orchestrator` and
    `celery` do not, and a user's package is seldom installed.
    """
    if str(folder) not in sys.path and "" not in sys.path:
        sys.path.insert(0, str(folder))
