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
import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from simpleeval import EvalWithCompoundTypes, InvalidExpression, safe_add, safe_mult

from orchestrator.errors import InvalidCondition

MAX_LENGTH = 1000

#: An exact number may have an exponent that would fill the memory once it is an integer.
_MAX_DIGITS = 400

_TEXT_METHODS = frozenset({"endswith", "lower", "startswith", "strip", "upper"})

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
    return frozenset(_free_names(_parse(expression)))


def holds(expression: str, names: Mapping[str, Any]) -> bool:
    """Say whether an expression is true.

    Args:
        expression: a step's `when`.
        names: `input` and results by step name; typed objects or plain JSON.

    Raises:
        InvalidCondition: it cannot be evaluated with these values.
    """
    tree = _parse(expression)
    known = {name: names.get(name) for name in _free_names(tree)}
    try:
        return bool(_Evaluator(known).eval(expression, tree.body))
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
    for node in ast.walk(tree):
        objection = _objection(node)
        if objection:
            raise InvalidCondition(f"condition {expression!r} {objection}")
    return tree


def _objection(node: ast.AST) -> str | None:
    if not isinstance(node, _LANGUAGE):
        return f"uses {type(node).__name__}, which conditions do not have: let a task decide"
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        return f"reaches for the private name {node.attr!r}"
    if isinstance(node, ast.Call):
        return _objection_to_call(node.func)
    return None


def _objection_to_call(called: ast.expr) -> str | None:
    if isinstance(called, ast.Name) and called.id not in _FUNCTIONS:
        return f"calls {called.id!r}: it may call {', '.join(sorted(_FUNCTIONS))}"
    if isinstance(called, ast.Attribute) and called.attr not in _TEXT_METHODS:
        return f"calls {called.attr!r}: of methods it may call {', '.join(sorted(_TEXT_METHODS))}"
    if not isinstance(called, ast.Name | ast.Attribute):
        return "calls what has no name"
    return None


def _free_names(tree: ast.Expression) -> Iterator[str]:
    nodes = list(ast.walk(tree))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in bound:
            yield node.id


class _Evaluator(EvalWithCompoundTypes):  # type: ignore[misc]  # simpleeval ships no types
    """Evaluate what `_parse` let through."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(operators=_OPERATORS, functions=dict(_FUNCTIONS), names=dict(names))
        self.nodes[ast.Attribute] = self._eval_member

    def _eval_member(self, node: ast.Attribute) -> Any:
        return _member(self._eval(node.value), node.attr)


def _member(holder: Any, name: str) -> Any:
    if holder is None:
        return None
    if isinstance(holder, Mapping):  # before any method: a key may well be called `items`
        return holder.get(name)
    found = getattr(holder, name)
    if callable(found) and not (isinstance(holder, str) and name in _TEXT_METHODS):
        raise InvalidExpression(f"{name!r} of {type(holder).__name__} is a method, not a field")
    return found


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compare_unless_absent(left: Any, right: Any) -> Any:
        return left is not None and right is not None and compare(left, right)

    return compare_unless_absent


def _exact(combine: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Let `total * 1.24` work where the total is a Decimal: the literal is meant as written."""

    def combine_alike(left: Any, right: Any) -> Any:
        if isinstance(left, Decimal) and isinstance(right, float):
            right = Decimal(str(right))
        elif isinstance(left, float) and isinstance(right, Decimal):
            left = Decimal(str(left))
        return combine(left, right)

    return combine_alike


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str | bytes):  # would be a format: "%999999999d" % 1
        raise InvalidExpression("a text cannot be divided")
    return left % right


def _bounded(convert: Callable[..., Any]) -> Callable[..., Any]:
    def convert_small(value: Any, *rest: Any) -> Any:
        if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > _MAX_DIGITS:
            raise InvalidExpression(f"a number with {value.adjusted()} digits is too large")
        return convert(value, *rest)

    return convert_small


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Decimal": Decimal,
    "abs": abs,
    "all": all,
    "any": any,
    "int": _bounded(int),
    "len": len,
    "max": max,
    "min": min,
    "round": _bounded(round),
    "sorted": sorted,
    "str": str,
    "sum": sum,
}

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _exact(safe_add),
    ast.Sub: _exact(operator.sub),
    ast.Mult: _exact(safe_mult),
    ast.Div: _exact(operator.truediv),
    ast.FloorDiv: _exact(operator.floordiv),
    ast.Mod: _exact(_modulo),
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.In: lambda item, holder: holder is not None and item in holder,
    ast.NotIn: lambda item, holder: holder is None or item not in holder,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def _sentence(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    return str(error) or type(error).__name__
