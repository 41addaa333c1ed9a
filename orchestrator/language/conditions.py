"""Conditions: the `when` of a step, a small and harmless part of Python.

    price.total > 1000 and input.country in ("FI", "SE")
    not match.questions and any(line.quantity > 100 for line in match.lines)

Names are `input` and the steps before; a step that gave no result is None. Conditions
meet absent things all the time, so None is gentle here: a field of None is None, a
mapping gives None for a key it lacks, and an order comparison with None is false.

What would let a definition run code or never end is not in the language: no private
names, no calls but those below, no powers, shifts or string formats, 1,000 characters.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from simpleeval import InvalidExpression

from orchestrator.errors import InvalidCondition
from orchestrator.language.evaluator import FUNCTIONS, TEXT_METHODS, Evaluator
from orchestrator.language.references import Reference

MAX_LENGTH = 1000
#: Deeper ones would end in Python's own limit, somewhere inside an evaluation.
MAX_DEPTH = 100

_LANGUAGE = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Subscript),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd, ast.IfExp),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Compare),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot),
    *(ast.Call, ast.keyword, ast.Tuple, ast.List, ast.Slice, ast.GeneratorExp, ast.comprehension),
)


def names_in(expression: str) -> frozenset[str]:
    """Return the steps an expression speaks of, and `input` if it does of the run's input.

    >>> sorted(names_in("price.total > len(input.lines)"))
    ['input', 'price']

    Raises:
        InvalidCondition: the expression is not in the language.
    """
    return frozenset(reference.source for reference in references_of(expression))


def references_of(expression: str) -> frozenset[Reference]:
    """Return what an expression reads, field by field as far as it says so plainly.

    >>> [str(reference) for reference in references_of("price.total > 10")]
    ['$price.total']

    Raises:
        InvalidCondition: the expression is not in the language.
    """
    return frozenset(_reads(_parse(expression).body, frozenset()))


def holds(expression: str, names: Mapping[str, Any]) -> bool:
    """Say whether an expression is true.

    Args:
        expression: a step's `when`.
        names: `input` and results by step name; typed objects or plain JSON.

    Raises:
        InvalidCondition: it cannot be evaluated with these values.
    """
    tree = _parse(expression)
    known = {name: names.get(name) for name in names_in(expression)}
    try:
        return bool(Evaluator(known).eval(expression, tree.body))
    except Exception as error:  # any of Python's: it is the expression's, or a property's, fault
        raise InvalidCondition(
            f"condition {expression!r} cannot be evaluated: {_sentence(error)}"
        ) from error


@lru_cache(maxsize=1024)
def _parse(expression: str) -> ast.Expression:
    if len(expression) > MAX_LENGTH:
        raise InvalidCondition(
            f"a condition of {len(expression)} characters is too long: at most {MAX_LENGTH}, "
            "let a task decide instead"
        )
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InvalidCondition(
            f"condition {expression!r} is no expression: {_sentence(error)}"
        ) from error
    for objection in _objections(tree):
        raise InvalidCondition(f"condition {expression!r} {objection}")
    return tree


def _objections(tree: ast.AST) -> Iterator[str]:
    level, depth = [tree], 0
    while level:
        depth += 1
        yield from filter(None, map(_objection, level))
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if depth > MAX_DEPTH:
        yield f"is nested {depth} deep: at most {MAX_DEPTH}, let a task decide instead"


def _objection(node: ast.AST) -> str | None:
    if not isinstance(node, _LANGUAGE):
        return f"uses {type(node).__name__}, which conditions do not have: let a task decide"
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        return f"reaches for the private name {node.attr!r}"
    if isinstance(node, ast.Call):
        return _objection_to_call(node.func)
    return None


def _objection_to_call(called: ast.expr) -> str | None:
    if isinstance(called, ast.Name) and called.id not in FUNCTIONS:
        return f"calls {called.id!r}: it may call {', '.join(sorted(FUNCTIONS))}"
    if isinstance(called, ast.Attribute) and called.attr not in TEXT_METHODS:
        return f"calls {called.attr!r}: of methods it may call {', '.join(sorted(TEXT_METHODS))}"
    if not isinstance(called, ast.Name | ast.Attribute):
        return "calls what has no name"
    return None


def _reads(node: ast.AST, bound: frozenset[str]) -> Iterator[Reference]:
    """Yield what is read below a node, but for the names that generators around it bind."""
    if isinstance(node, ast.GeneratorExp):
        yield from _reads(node.generators[0].iter, bound)  # as Python does, outside the generator
        bound |= {name for part in node.generators for name in _names_below(part.target)}
    chain = _chain(node)
    if chain is None:
        for child in _children(node):
            yield from _reads(child, bound)
    elif chain.source not in bound:
        yield chain


def _names_below(node: ast.AST) -> Iterator[str]:
    return (child.id for child in ast.walk(node) if isinstance(child, ast.Name))


def _chain(node: ast.AST) -> Reference | None:
    """Return what `name.field.field` reads; None for any other node."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.append(node.attr)
        node = node.value
    return Reference(node.id, tuple(reversed(path))) if isinstance(node, ast.Name) else None


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below, without the name of a function or a method that is called."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(node, ast.Call) or child is not node.func:
            yield child
        elif isinstance(child, ast.Attribute):
            yield child.value


def _sentence(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    return (
        str(error) if isinstance(error, InvalidExpression) else f"{type(error).__name__}: {error}"
    )
