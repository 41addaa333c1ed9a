"""What steps share and what there is only so much of: permits, in Redis, by scripts of our own.

resources     what has a limit, and which kinds there are
semaphores    the verbs: the only door to permits
rebuilding    a domain that Redis lost, entered anew from the ledger
replies       what comes back
lua/          the scripts; each says what it takes and returns
"""
