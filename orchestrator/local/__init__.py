"""The embedded stack: broker, ledger and pools as one process group on this machine.

It runs the commands that production runs; only the addresses differ.
"""
