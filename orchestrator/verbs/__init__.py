"""The verbs of the coordinator, each kind in a class of its own."""
