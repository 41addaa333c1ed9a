"""What the embedded ERP keeps of projects: their plan, their hours, and what they may cost.

Which tasks are invoiced is not written on them: `invoiced_tasks` says on which invoices they are,
and the invoice whether it counts.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from tasks.adapters.embedded.projects.cost_kinds import CostKind
from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Exact, Moment
from tasks.adapters.embedded.sql.free_keys import key_until_taken_back

#: its row is the lock under which its tasks, hours and invoices change
projects = Table(
    "erp_project",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("customer_id", ForeignKey("erp_customer.id")),
    Column("lead_id", ForeignKey("erp_person.id")),
    Column("open", Boolean, nullable=False),
)

project_tasks = Table(
    "erp_project_task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("project_id", ForeignKey("erp_project.id"), nullable=False),
    Column("position", Integer, nullable=False),  #: in the plan
    Column("name", String(200), nullable=False),
    Column("effort_hours", Exact, nullable=False),
    Column("milestone", Boolean, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("progress", Exact, nullable=False),  #: while it is not complete: from 0 to below 1
    Column("start", Moment),
    Column("due", Date),
    Column("price", Exact),
    UniqueConstraint("project_id", "position", name="erp_project_task_position"),
)

task_predecessors = Table(
    "erp_project_task_predecessor",
    metadata,
    Column("task_id", ForeignKey("erp_project_task.id"), primary_key=True),
    Column("predecessor_id", ForeignKey("erp_project_task.id"), primary_key=True),
)

allocations = Table(
    "erp_project_allocation",
    metadata,
    Column("task_id", ForeignKey("erp_project_task.id"), primary_key=True),
    Column("person_id", ForeignKey("erp_person.id"), primary_key=True),
    Column("percent", Exact, nullable=False),  #: of the working day
)

time_entries = Table(
    "erp_time_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("person_id", ForeignKey("erp_person.id"), nullable=False),
    Column("task_id", ForeignKey("erp_project_task.id"), nullable=False, index=True),
    Column("hours", Exact, nullable=False),
    Column("on", Date, nullable=False),
    Column("cost", Exact, nullable=False),
    Column("taken_back", Boolean, nullable=False, server_default=false()),
)
key_until_taken_back(time_entries)

#: until which day nothing is booked any more
closings = Table(
    "erp_closing",
    metadata,
    Column("what", String(20), primary_key=True),
    Column("until", Date, nullable=False),
)

#: rows stay when an invoice is cancelled: it is the invoice that counts no more
invoiced_tasks = Table(
    "erp_invoiced_task",
    metadata,
    Column("invoice_id", ForeignKey("erp_invoice.id"), primary_key=True),
    Column("task_id", ForeignKey("erp_project_task.id"), primary_key=True, index=True),
)

#: the hours that were booked on those tasks by then
invoiced_entries = Table(
    "erp_invoiced_time_entry",
    metadata,
    Column("invoice_id", ForeignKey("erp_invoice.id"), primary_key=True),
    Column("entry_id", ForeignKey("erp_time_entry.id"), primary_key=True, index=True),
)

#: the last one of a project is its budget
budgets = Table(
    "erp_budget",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("project_id", ForeignKey("erp_project.id"), nullable=False, index=True),
    Column("labour", Exact, nullable=False),
    Column("material", Exact, nullable=False),
    Column("other", Exact, nullable=False),
)

_KINDS = ", ".join(f"'{kind}'" for kind in CostKind)

#: what was bought; hours are in `time_entries`
project_costs = Table(
    "erp_project_cost",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("project_id", ForeignKey("erp_project.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("amount", Exact, nullable=False),  #: below zero where a supplier gave something back
    Column("on", Date, nullable=False),
    Column("text", Text, nullable=False),
    CheckConstraint(f"kind IN ({_KINDS})", name="erp_project_cost_kind"),
)
