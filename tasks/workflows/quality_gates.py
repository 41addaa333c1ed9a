"""A quality gate: it holds its order until a check has passed, or somebody answers for it.

    inspection ─▶ finding ─┬─▶ (passed) ───────────────────────────────────────────▶ pass_gate
    (a signal)             └─▶ decision ─┬─▶ accept ──────────────────────────────────▶ │
                               (a person)├─▶ rework ─┐                                  │
                                         ├─▶ scrap ──┼─▶ reopen ─▶ the next round ────▶ │
                                         ├─▶ again ──┘                                  │
                                         └─▶ refuse ──────────────────────────────────▶ │

A workflow has no circles, so a gate that is opened again is a child run of the next round; of the
last one a failure can only be accepted, or refused. What is refused fails the gate, and with it
the order.
"""

from typing import Any

from orchestrator import Step, Workflow
from tasks.inventory.gates import GateAction
from tasks.workflows.erp_access import ERP, asks_erp
from tasks.workflows.shop_floor_plan import SHOP_FLOOR_PLAN, places

#: The signal with what was measured, and who decides about a failure.
INSPECTION = "inspection"
PRODUCTION_LEAD = "production lead"

#: What mends a failure, so that it is to be checked again.
_MENDING = (GateAction.REWORK, GateAction.SCRAP, GateAction.AGAIN)


def _gate(name: str, description: str, *, next_round: str | None = None) -> Workflow:
    actions = [one for one in GateAction if next_round or one not in _MENDING]
    mending = () if next_round is None else _mended(next_round)
    return Workflow(
        name=name,
        description=description,
        result="$pass_gate",
        resources=(ERP, SHOP_FLOOR_PLAN),
        steps=(
            Step.model_validate(
                {
                    "name": "inspection",
                    "inputs": {"gate": "$input.gate"},
                    "wait_for": {
                        "signal": INSPECTION,
                        "answer": {"values": "object"},
                        "escalate": [{"after": "1 day", "priority": "high"}],
                    },
                }
            ),
            asks_erp(
                "finding",
                "inventory.record_finding",
                inputs={"gate": "$input.gate", "values": "$inspection.values"},
            ),
            Step.model_validate(
                {
                    "name": "decision",
                    "inputs": {"gate": "$input.gate", "finding": "$finding"},
                    "when": "not finding.passed",
                    "wait_for": {
                        "person": PRODUCTION_LEAD,
                        "answer": _answer(actions),
                        "escalate": [{"after": "4 hours", "priority": "high"}],
                    },
                }
            ),
            asks_erp(
                "answerable",
                "scheduling.find_person",
                inputs={"email": "$decision.by"},
                when=f"decision.action == '{GateAction.ACCEPT}'",
            ),
            asks_erp(
                "accept",
                "inventory.accept_finding",
                inputs={"gate": "$input.gate", "by": "$answerable.id"},
                when="answerable",
            ),
            *mending,
            asks_erp(
                "pass_gate",
                "inventory.pass_gate",
                inputs={"gate": "$input.gate", "decision": "$decision"},
                after=["finding", "accept", *(step.name for step in mending[-1:])],
            ),
        ),
    )


def _mended(next_round: str) -> tuple[Step, ...]:
    mends = " or ".join(f"decision.action == '{action}'" for action in _MENDING)
    return (
        asks_erp(
            "scrap",
            "inventory.scrap_goods",
            inputs={"gate": "$input.gate", "decision": "$decision"},
            when=f"decision.action == '{GateAction.SCRAP}' and decision.quantity",
        ),
        asks_erp(
            "where",
            "scheduling.find_work_centre",
            inputs={"name": "$decision.work_centre"},
            when=f"decision.action == '{GateAction.REWORK}' and decision.work_centre",
        ),
        asks_erp(
            "rework",
            "inventory.rework_order",
            inputs={
                "gate": "$input.gate",
                "work_centre": "$where.id",
                "hours": "$decision.hours",
                "reason": "$decision.reason",
            },
            when="where and decision.hours",
        ),
        places("place_rework", order="$rework.id"),
        # What could not be carried out, for a name that nobody has, comes to the next round too.
        asks_erp(
            "reopen",
            "inventory.reopen_gate",
            inputs={"gate": "$input.gate"},
            after=["decision", "scrap", "place_rework"],
            when=f"{mends} or decision.action == '{GateAction.ACCEPT}' and not answerable",
        ),
        Step(name="next_round", workflow=next_round, inputs={"gate": "$reopen"}),
    )


def _answer(actions: list[GateAction]) -> dict[str, Any]:
    fields: dict[str, Any] = {"action": [str(one) for one in actions], "by": "text"}
    fields["reason"] = "text"
    if GateAction.REWORK in actions:
        fields |= {"quantity": "optional number", "hours": "optional number"}
        fields["work_centre"] = "optional text"
    return fields


QUALITY_GATE_LAST = _gate(
    "quality_gate_last", "Hold an order until its last check has passed or is accepted."
)
QUALITY_GATE_AGAIN = _gate(
    "quality_gate_again",
    "Hold an order until its second check has passed or is accepted.",
    next_round=QUALITY_GATE_LAST.name,
)
QUALITY_GATE = _gate(
    "quality_gate",
    "Hold an order until a check has passed or is accepted.",
    next_round=QUALITY_GATE_AGAIN.name,
)
