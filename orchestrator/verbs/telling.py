"""What the verbs have in common: what one sets free is told at once, or by maintenance.

A verb is a transaction of the ledger, and has happened when that has committed. So a
broker that is away makes it slower, never wrong.
"""

import logging

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from orchestrator.errors import Unavailable
from orchestrator.ledger.flow.progress import Progress
from orchestrator.verbs.reading import Reader

log = logging.getLogger(__name__)

#: Who did it, where the caller does not say.
SOMEBODY = "somebody"


class Teller(Reader):
    """Base of the classes with verbs."""

    def _follow_up(self, progress: Progress) -> None:
        """Tell the broker what a verb set free; what cannot be told now, maintenance tells."""
        if not self.settings.broker_url:
            return
        try:
            self._progression.carry_out(progress)
        except (OperationalError, RedisError, Unavailable) as error:
            log.warning("maintenance follows up run %s: %s", progress.run_id, error)
        except Exception:  # of what follows: the verb has happened, and must not look as if not
            log.exception("maintenance follows up run %s", progress.run_id)

    def _begin(self, run_id: str) -> None:
        """Send what is ready of a run; what cannot be sent now, maintenance sends."""
        try:
            self._progression.begin(run_id)
        except (OperationalError, Unavailable) as error:
            log.warning("run %s is written and begins later: %s", run_id, error)
        except Exception:  # of what begins with it: it is written, and must not be submitted again
            log.exception("run %s is written and begins later", run_id)
