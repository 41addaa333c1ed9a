"""What a pool preloads is loaded once on each node, before its processes are forked."""

import pytest

from tests.integration.installation import Factory

pytestmark = pytest.mark.timeout(60)


def test_the_processes_of_a_node_share_what_it_has_loaded(install: Factory) -> None:
    toy = install()
    nodes = [toy.start_pool(concurrency=2), toy.start_pool(concurrency=1)]
    tell = {"task": "toy.tell_loaders", "inputs": {"seconds": 0.5}}

    run = toy.succeed([{"name": f"s{n}", **tell} for n in range(6)])

    told = [step.result for step in toy.steps(run).values()]
    processes = {own for own, _ in told}
    assert len(processes) == 3
    assert {tuple(loaders) for _, loaders in told} == {(node.pid,) for node in nodes}
    assert processes.isdisjoint(node.pid for node in nodes)
