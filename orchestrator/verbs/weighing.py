"""Who has more turns than others at the pools, and who stands in line there."""

import math

from orchestrator.errors import InvalidInput
from orchestrator.ledger.questions.lines import Standing, everybody
from orchestrator.ledger.tables import KEY_CHARACTERS
from orchestrator.ledger.turns import weights
from orchestrator.ledger.who import accountable
from orchestrator.verbs.telling import SOMEBODY, Teller


class Weigher(Teller):
    """Weighs what runs are fair by; at a resource that is fair its own weights count."""

    @accountable
    def set_weight(
        self,
        fair_key: str,
        weight: float,
        *,
        by: str = SOMEBODY,
        reason: str = "the weight was changed",
    ) -> bool:
        """Give the runs of a key so many turns for each of another's; False if they had them.

        Args:
            fair_key: what runs are fair by, such as a customer.
            weight: above 0; everybody has 1.

        Raises:
            InvalidInput: the key or the weight is none.
        """
        if not 0 < weight < math.inf:
            raise InvalidInput(f"the weight {weight!r} is none: give a number above 0, such as 2")
        if not 0 < len(fair_key) <= KEY_CHARACTERS:
            raise InvalidInput(
                f"{fair_key[:40]!r} is no key: it is a text of 1 to {KEY_CHARACTERS} characters"
            )
        return weights.set_weight(self.ledger, fair_key, weight, by=by, reason=reason)

    def standing(self) -> list[Standing]:
        """Return who stands in line at the pools, in the order of their turns."""
        return everybody(self.ledger)
