"""What maintenance does, beside its rounds."""
