"""The names of seed 004, over our verbs."""
