"""Where the domains meet: each module is a workflow, its steps named by their tasks."""
