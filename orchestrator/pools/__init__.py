"""A node of a pool: its processes, its beat, its consumer."""
