"""Choose the analyser of letters: `OFFER_ANALYSER`, the name of an entry point.

A package announces one under the group `orchestrator.analyser`. Unset, there is none
on purpose. One that is named and missing is a warning on each run that would have
asked it: the mail goes to a person instead.
"""

import os
from importlib.metadata import entry_points

from orchestrator import provides
from tasks.inventory.analyser import AbsentAnalyser, NoAnalyser, RequestAnalyser

GROUP = "orchestrator.analyser"
SETTING = "OFFER_ANALYSER"


@provides(RequestAnalyser)
def request_analyser() -> RequestAnalyser:
    """Return the analyser that this installation has set up."""
    return analyser_named(os.environ.get(SETTING, ""))


def analyser_named(name: str) -> RequestAnalyser:
    """Return an analyser by its entry point's name; an empty name means none."""
    if not name:
        return NoAnalyser()
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        return AbsentAnalyser(f"{SETTING} is {name!r}, but no package announces it in {GROUP!r}")
    try:
        made: RequestAnalyser = found.load()()
    except Exception as error:  # a foreign package may fail in any way
        return AbsentAnalyser(f"{name!r} cannot be loaded: {error}")
    return made
