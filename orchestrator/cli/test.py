"""`orchestrator test`: the test suite of this clone."""

import typer

#: pytest's options are pytest's
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def test(context: typer.Context) -> None:
    """Run the test suite of this clone; what follows goes to pytest."""
    from orchestrator import bootstrap

    bootstrap.prepare(["test", *context.args])
    bootstrap.run_tests(context.args)
