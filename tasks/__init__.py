"""The business: what the steps of our workflows do, without a word about Celery.

Each domain (`inventory`, `scheduling`, `billing`, `messaging`) is a package and a
pool; domains meet only in `workflows`, and reach other systems only through the
Protocols in their `contracts.py`, which `adapters` fill.
"""
