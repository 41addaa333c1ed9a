"""Unit tests draw their examples without a clock: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("unit", deadline=None, max_examples=30)
settings.load_profile("unit")
