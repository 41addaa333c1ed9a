"""A package of tasks for the tests of the core: each says in a log when it ran.

Tests take the order of things from that log, not from the ledger they are testing.
"""
