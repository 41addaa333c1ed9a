"""What the embedded ERP knows of projects: their plan, hours, invoices, budgets and costs."""

from tasks.adapters.embedded.projects.maps import BUDGETS, COSTS, PROJECTS, TASKS, TIME_ENTRIES

FIELD_MAPS = (PROJECTS, TASKS, TIME_ENTRIES, BUDGETS, COSTS)
