"""The log of events: read, replayed, told to others."""
