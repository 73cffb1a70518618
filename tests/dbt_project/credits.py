"""How the models of attribution divide a conversion among the touches before it, in exact fractions."""

from fractions import Fraction

from tests.dbt_project.oracle import DAY_MS

MODELS = ("first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "position_based")
HALF_LIFE_MS = 7 * DAY_MS


def weigh(model: str, touched_ms: list[int], is_direct: list[bool]) -> list[Fraction]:
    """The weight of each touch, not yet normalised."""
    n = len(touched_ms)
    if model == "first_touch":
        return [Fraction(i == 0) for i in range(n)]
    if model == "last_touch":
        return [Fraction(i == n - 1) for i in range(n)]
    if model == "last_non_direct":
        known = [i for i in range(n) if not is_direct[i]] or [n - 1]
        return [Fraction(i == known[-1]) for i in range(n)]
    if model == "time_decay":
        return [Fraction(int(2 ** (40 - (touched_ms[-1] - at) / HALF_LIFE_MS))) for at in touched_ms]
    if model == "position_based" and n > 2:
        return [Fraction(2, 5) if i in (0, n - 1) else Fraction(1, 5 * (n - 2)) for i in range(n)]
    return [Fraction(1)] * n


def share(total: int, weights: list[Fraction]) -> list[int]:
    """A whole number in whole parts: what is left over goes to the largest remainders, the earlier of equal ones."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
