"""What the scripted business sells, in three currencies, and the coupons it gives."""

from dataclasses import dataclass, field

from simulator.stripe.account import Account
from simulator.stripe.catalogue import make_coupon, make_meter, make_price, make_product, make_tier
from simulator.stripe.taxes import make_tax_rate

CURRENCIES = {"usd": 60, "eur": 25, "jpy": 15}
"""Of a hundred customers, how many pay in each. Yen have no hundredths."""

METER = "api_calls"
_PLANS = {
    "starter": {"usd": 1900, "eur": 1799, "jpy": 2900},
    "team": {"usd": 7900, "eur": 7499, "jpy": 11800},
    "business": {"usd": 24900, "eur": 23999, "jpy": 37000},
}
_SEAT = {"usd": 900, "eur": 850, "jpy": 1333}
_CALL = {"usd": "0.35", "eur": "0.325", "jpy": "0.5"}
_BOOK = {"usd": 4900, "eur": 4700, "jpy": 7200}
_TAXES = {"usd": ("Sales tax", 8.875, "US"), "eur": ("VAT", 19, "DE"), "jpy": ("Consumption tax", 10, "JP")}
_MINUS = {"usd": 500, "eur": 450, "jpy": 777}


@dataclass
class Shop:
    """Ids of prices by (name, currency), of tax rates by currency, and of coupons by what they are."""

    account: Account
    prices: dict[tuple[str, str], str] = field(default_factory=dict)
    taxes: dict[str, str] = field(default_factory=dict)

    def price(self, name: str, currency: str) -> str:
        """A price's id."""
        return self.prices[name, currency]


def open_shop(account: Account) -> Shop:
    """Make all products, prices and coupons."""
    shop = Shop(account)
    meter = make_meter(account, METER)
    names = ("starter", "team", "business", "seats", "volume", "packs", "api", "book")
    products = {name: make_product(account, name.title()) for name in names}
    for currency in CURRENCIES:
        for plan, amounts in _PLANS.items():
            of, monthly = products[plan], amounts[currency]
            kinds = {
                plan: (monthly, "month", 1),
                f"{plan} quarterly": (monthly * 3 - monthly // 5, "month", 3),
                f"{plan} yearly": (monthly * 10, "year", 1),
                f"{plan} weekly": (monthly // 4 + 1, "week", 1),
            }
            for name, (amount, interval, count) in kinds.items():
                shop.prices[name, currency] = make_price(account, of, str(amount), currency, interval, count)
        seat = _SEAT[currency]
        tiers = [make_tier(5, seat), make_tier(20, seat * 4 // 5, seat), make_tier(None, seat // 2)]
        graduated = make_price(account, products["seats"], "", currency, "month", tiers=tiers, tiers_mode="graduated")
        volume = make_price(account, products["volume"], "", currency, "month", tiers=tiers, tiers_mode="volume")
        shop.prices["seats", currency], shop.prices["volume", currency] = graduated, volume
        shop.prices["packs", currency] = make_price(
            account, products["packs"], str(seat * 3), currency, "month", packs_of=5
        )
        shop.prices["api", currency] = make_price(
            account, products["api"], _CALL[currency], currency, "month", meter=meter
        )
        shop.prices["book", currency] = make_price(account, products["book"], str(_BOOK[currency]), currency)
        shop.taxes[currency] = make_tax_rate(account, *_TAXES[currency])
        make_coupon(account, f"minus_{currency}", amount_off=_MINUS[currency], currency=currency)
        make_coupon(
            account,
            f"start_{currency}",
            amount_off=_MINUS[currency] * 2,
            currency=currency,
            duration="repeating",
            months=3,
        )
    make_coupon(account, "loyal", percent_off=10)
    make_coupon(account, "third", percent_off=33.33, duration="repeating", months=6)
    make_coupon(account, "first_half", percent_off=50, duration="once")
    make_coupon(account, "free_quarter", percent_off=100, duration="repeating", months=3)
    make_coupon(account, "seats_only", percent_off=25, products=[products["seats"], products["volume"]])
    return shop
