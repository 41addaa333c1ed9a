"""The demonstration of the poor shop."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from orchestrator.demo import Ended, Submission, Table

INPUT = Path(__file__).parent / "one sum.json"


class PoorDemo:
    def submissions(self) -> Iterator[Submission]:
        yield Submission("one", "add", {"a": 1}, "key-1", file=INPUT)
        yield Submission("one again", "add", {"a": 1}, "key-1")
        yield Submission("bad", "fail", {}, "key-2")

    def report(self, ended: Sequence[Ended]) -> Iterator[Table]:
        rows = [(" = ".join(one.labels), str(one.results["add"])) for one in ended]
        yield Table("Sums", ("LABELS", ">SUM"), rows)
        yield Table("Products", ("PRODUCT",), [])


DEMO = PoorDemo()
