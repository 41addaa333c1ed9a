"""How data is shown: tables for people, one JSON document for programs."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from orchestrator.limits import MOST

#: Where nobody looks, a table is as wide as it needs to be: a program may read it.
_UNWATCHED_WIDTH = 250

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
LimitOption = Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")]


def console(*, errors: bool = False) -> Any:
    """Return where to print: standard output, or standard error."""
    from rich.console import Console

    shown = Console(stderr=errors, highlight=False)
    if not shown.is_terminal:
        shown.width = _UNWATCHED_WIDTH
    return shown


def say(sentence: str) -> None:
    """Tell the person at the terminal something that is not data."""
    typer.echo(sentence, err=True)


def show(text: str) -> None:
    """Print data."""
    typer.echo(text)


def show_json(document: Any) -> None:
    """Print a document for programs."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=_as_json))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print rows under their columns; `empty` is said when there are none.

    A column whose name begins with `>` is aligned to the right.
    """
    from rich.text import Text

    rows = list(rows)
    if not rows:
        say(empty)
        return
    show_drawing(table(columns, [[Text(_cell(cell)) for cell in row] for row in rows]))


def show_drawing(drawing: Any) -> None:
    """Print what rich draws, without the blanks that it puts at the ends of lines."""
    target = console()
    with target.capture() as captured:
        target.print(drawing)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Any:
    """Return a table without lines: it is read as well by `awk` as by people."""
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        right = column.startswith(">")
        drawn.add_column(column.lstrip(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _as_json(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value)
