"""Objects as they are answered, with the members that ``expand`` asks for whole."""

from collections.abc import Sequence
from typing import Any

from simulator.stripe.account import HELD_BACK, Account, Object, show
from simulator.stripe.refusal import Refusal

_DEEPEST = 4
_EXPANDED_LATER = {
    "customer": {"discount"},
    "discount": {"source"},
    "invoice": {"discounts"},
    "subscription": {"discounts"},
    "subscription_item": {"discounts"},
}
"""What may be asked for whole of an object that was recorded before Stripe had it."""


def answer(account: Account, whole: Object, wanted: Sequence[str]) -> Object:
    """An object as it is shown; ``wanted``: members by their path, as in ``items.data.discounts``. Raises Refusal."""
    shown = show(whole)
    for path in wanted:
        names = path.split(".")
        if len(names) > _DEEPEST:
            raise Refusal(400, f"You cannot expand more than {_DEEPEST} levels: {path}", param="expand")
        shown = _with(account, shown, whole, names)
    return shown


def _with(account: Account, shown: Object, whole: Object, names: list[str]) -> Object:
    name, *rest = names
    kind = whole.get("object", "")
    if name not in whole and (name in HELD_BACK.get(kind, ()) or name in _EXPANDED_LATER.get(kind, ())):
        return shown
    if name not in whole:
        raise Refusal(400, f"This property cannot be expanded ({name}).", param="expand")
    value = shown[name] if name in shown else whole[name]
    return shown | {name: _expanded(account, value, rest)}


def _expanded(account: Account, value: Any, rest: list[str]) -> Any:
    if isinstance(value, str):
        found = _find(account, value)
        return value if found is None else _expanded(account, show(found), rest)
    if isinstance(value, list):
        return [_expanded(account, one, rest) for one in value]
    if isinstance(value, dict) and rest:
        return _with(account, value, value, rest)
    return value


def _find(account: Account, id_: str) -> Object | None:
    """What an id names; what is gone, as a discount that ended, is shown by its id."""
    return next((held[id_] for held in account.objects.values() if id_ in held), None)
