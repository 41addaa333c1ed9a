"""A running installation tells webhooks of what its pools do."""

from orchestrator.ledger.log import webhooks
from tests.integration.installation import Installation
from tests.integration.receiver import receiver
from tests.waiting import eventually


def test_maintenance_tells_webhooks_of_what_pools_do(toy: Installation) -> None:
    with receiver() as receiving:
        webhook, secret = webhooks.add(toy.ledger, receiving.url, ["run.*"], by="a test")

        run = toy.succeed([{"name": "add", "task": "toy.add", "inputs": {"a": 1}}])

        def told() -> list[str]:
            said = [message.document(secret) for message in receiving.messages]
            return [each["type"] for each in said if each["data"]["run"] == run.id]

        eventually(lambda: told() == ["run.submitted", "run.started", "run.succeeded"])
        webhooks.remove(toy.ledger, webhook.id, by="a test")
