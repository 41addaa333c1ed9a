"""The command line: a skin over the verbs, and the only place that prints.

Data goes to standard output, everything else to standard error. A module a noun;
what a command needs is imported when it runs, so that `--help` is quick.
"""


def main() -> int | None:
    """Run the command that the arguments of this process name."""
    from orchestrator.cli.root import app

    app(prog_name="orchestrator")
    return None
