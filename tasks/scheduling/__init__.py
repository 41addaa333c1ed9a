"""People and what they have time for."""
