"""Why a run does not move: for every unfinished step the cause, in a sentence.

    ledger ──▶ facts ──▶ causes ──▶ reasons
              (facts.py)  (causes.py, free.py, held.py, behind.py)

All of it is pure but `explaining`, which asks the ledger and the broker for the facts.
"""
