"""What a definition says, and what it means: pure records."""
