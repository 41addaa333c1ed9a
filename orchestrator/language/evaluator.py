"""How conditions compute: each operator and function, bounded and gentle with None."""

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from simpleeval import EvalWithCompoundTypes, InvalidExpression, safe_add
from typing_extensions import override

#: The methods of texts that a condition may call; of anything else it may call none.
TEXT_METHODS = frozenset({"endswith", "lower", "startswith", "strip", "upper"})

#: An exact number may have an exponent that would fill the memory once it is an integer.
_MAX_DIGITS = 400


class Evaluator(EvalWithCompoundTypes):  # type: ignore[misc]  # simpleeval ships no types
    """Evaluate a tree of which every node was looked at first: see `conditions`."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(operators=OPERATORS, functions=dict(FUNCTIONS), names=dict(names))
        self.nodes[ast.Attribute] = self._eval_member

    @override
    def _check_disallowed_items(self, item: object) -> None:
        """Spare the walk: values are data, and simpleeval would read them whole at every node."""

    def _eval_member(self, node: ast.Attribute) -> Any:
        return _member(self._eval(node.value), node.attr)


def _member(holder: Any, name: str) -> Any:
    if holder is None:
        return None
    if isinstance(holder, Mapping):  # before any method: a key may well be called `items`
        return holder.get(name)
    found = getattr(holder, name)
    if callable(found) and not (isinstance(holder, str) and name in TEXT_METHODS):
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


def _product(left: Any, right: Any) -> Any:
    if hasattr(left, "__len__") or hasattr(right, "__len__"):
        raise InvalidExpression("only numbers can be multiplied")
    return left * right


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str):  # would be a format: "%999999999d" % 1
        raise InvalidExpression("only numbers can be divided")
    return left % right


def _bounded(convert: Callable[..., Any]) -> Callable[..., Any]:
    def convert_small(value: Any, *rest: Any) -> Any:
        if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > _MAX_DIGITS:
            raise InvalidExpression(f"a number with {value.adjusted()} digits is too large")
        return convert(value, *rest)

    return convert_small


FUNCTIONS: dict[str, Callable[..., Any]] = {
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

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _exact(safe_add),
    ast.Sub: _exact(operator.sub),
    ast.Mult: _exact(_product),
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
