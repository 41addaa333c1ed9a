"""Products and what lies on the shelf."""
