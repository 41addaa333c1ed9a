"""What operators do to runs, each in one transaction."""
