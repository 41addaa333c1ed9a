"""Mails to try the offer workflow on: lists, tables, prose, replies, and what a person must see."""

from pathlib import Path


def sample_mails() -> Path:
    """Return the folder of the sample mails."""
    return Path(__file__).parent / "mails"
