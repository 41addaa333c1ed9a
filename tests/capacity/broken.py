"""A pytest plugin: the examples run with the scripts that one mutant breaks.

MUTANT="a gap ends leases" python -m pytest -p tests.capacity.broken tests/capacity
"""

import os

from orchestrator.capacity import scripts
from tests.capacity.mutants import EXAMPLES, MUTANTS

_SOUND = scripts.sources()
_MUTANT = next(one for one in (*MUTANTS, *EXAMPLES) if one.name == os.environ["MUTANT"])

scripts.sources = lambda: _MUTANT.texts(_SOUND)  # type: ignore[assignment] # that is what it is for
