"""The tasks of the chaos suite: they say in files of their own what they did, for good or ill."""
