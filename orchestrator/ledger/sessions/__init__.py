"""Sessions, and which of their steps start."""
