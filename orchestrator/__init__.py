"""Business workflows on Celery: any DAG, four pools, one ledger.

Importing this package imports nothing else: the names below load when they are
first used, so a bare Python can run `python3 -m orchestrator` before anything is
installed, and business code that needs `task` does not reach SQL or Celery.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.application import Application
    from orchestrator.capacity.resources import Resource
    from orchestrator.coordinator import Coordinator
    from orchestrator.declare import Attempt, Provided, Transaction, provides, task
    from orchestrator.definition.policies import Retry, Timeout
    from orchestrator.errors import (
        CycleDetectedError,
        DAGValidationError,
        DoNotRetry,
        OrchestratorError,
    )
    from orchestrator.facade.dag import WorkflowDAG
    from orchestrator.facade.engine import OrchestrationEngine
    from orchestrator.facade.parallel import ExecutionResult, ParallelExecutor
    from orchestrator.facade.resources import ResourceManager
    from orchestrator.ledger.verbs.selecting import RunFilter
    from orchestrator.ledger.views import Run, StepView
    from orchestrator.ledger.waiting.inbox import Waiting
    from orchestrator.ledger.waiting.tickets import WorkTicket
    from orchestrator.plan import Plan, compile
    from orchestrator.preloading import preload
    from orchestrator.settings import Settings
    from orchestrator.states import ExecutionMode, Priority, RunState, StepState
    from orchestrator.workflow import Step, Workflow

__version__ = "0.1.0"

_HOME = {
    "Application": "application",
    "Attempt": "declare",
    "Coordinator": "coordinator",
    "CycleDetectedError": "errors",
    "DAGValidationError": "errors",
    "DoNotRetry": "errors",
    "ExecutionMode": "states",
    "ExecutionResult": "facade.parallel",
    "OrchestrationEngine": "facade.engine",
    "OrchestratorError": "errors",
    "ParallelExecutor": "facade.parallel",
    "Plan": "plan",
    "Priority": "states",
    "Provided": "declare",
    "Resource": "capacity.resources",
    "ResourceManager": "facade.resources",
    "Retry": "definition.policies",
    "Run": "ledger.views",
    "RunFilter": "ledger.verbs.selecting",
    "RunState": "states",
    "Settings": "settings",
    "Step": "workflow",
    "StepState": "states",
    "StepView": "ledger.views",
    "Timeout": "definition.policies",
    "Transaction": "declare",
    "Waiting": "ledger.waiting.inbox",
    "WorkTicket": "ledger.waiting.tickets",
    "Workflow": "workflow",
    "WorkflowDAG": "facade.dag",
    "compile": "plan",
    "preload": "preloading",
    "provides": "declare",
    "task": "declare",
}

__all__ = [
    "Application",
    "Attempt",
    "Coordinator",
    "CycleDetectedError",
    "DAGValidationError",
    "DoNotRetry",
    "ExecutionMode",
    "ExecutionResult",
    "OrchestrationEngine",
    "OrchestratorError",
    "ParallelExecutor",
    "Plan",
    "Priority",
    "Provided",
    "Resource",
    "ResourceManager",
    "Retry",
    "Run",
    "RunFilter",
    "RunState",
    "Settings",
    "Step",
    "StepState",
    "StepView",
    "Timeout",
    "Transaction",
    "Waiting",
    "WorkTicket",
    "Workflow",
    "WorkflowDAG",
    "compile",
    "preload",
    "provides",
    "task",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'orchestrator' has no attribute {name!r}")
    module = import_module(f"orchestrator.{_HOME[name]}")
    return getattr(module, name)


def __dir__() -> "list[str]":  # quoted: Python 3.8 must get as far as the sentence in __main__
    return __all__
