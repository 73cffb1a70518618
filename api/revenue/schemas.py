"""What the revenue routes answer. Amounts are whole minor units beside their currency, as Stripe counts them."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from api.sites.schemas import PeriodShown


class RevenueTotal(BaseModel):
    """What was paid in one currency."""

    currency: str = Field(description="ISO 4217 in lower case.", examples=["usd"])
    payments: int = Field(description="Payments.")
    gross: int = Field(description="Paid, without payments that failed later.")
    refunded: int = Field(description="Given back.")
    disputed: int = Field(description="Lost to disputes; negative where more was won back.")
    net: int = Field(description="Gross without refunded and disputed.")
    recurring_net: int = Field(description="Net of invoices that bill a subscription.")
    reporting_net: int = Field(description="Net in the reporting currency, at the rates of its days.")
    reporting_currency: str = Field(description="The reporting currency; the original one where there is no rate.")


class SourceRevenue(BaseModel):
    """What a source brought in one currency."""

    name: str = Field(description="The channel, source, medium or campaign.", examples=["Organic Search"])
    currency: str
    gross: int = Field(description="Its part of what was paid.")
    net: int = Field(description="Its part of that without refunds and disputes.")
    first_gross: int = Field(description="Its part of payers' first payments.")
    first_net: int = Field(description="Its part of those without their refunds and disputes.")


class RevenueAnswer(BaseModel):
    """A site's revenue in all, and divided among its sources by one attribution model."""

    site_id: str
    period: PeriodShown
    model: str
    group_by: str
    totals: list[RevenueTotal] = Field(description="By currency.")
    sources: list[SourceRevenue] = Field(description="By currency, the largest first. They add up to the totals.")
    truncated: bool = Field(description="Whether there are more sources than are shown.")


class Transaction(BaseModel):
    """A movement of a customer's money."""

    transaction_id: str
    occurred_at: datetime = Field(description="When Stripe booked it. UTC.")
    day: date = Field(description="The day in the site's time zone.")
    kind: str
    is_recurring: bool = Field(description="Whether it paid for a subscription.")
    customer_id: str = Field(description="Empty for a guest.")
    subscription_id: str
    invoice_id: str
    charge_id: str
    amount: int = Field(description="Negative when money left.")
    currency: str
    reporting_amount: int
    reporting_currency: str
    exchange_rate: str = Field(description="Of the reporting currency for one of the original, as decimal; 0: none.")
    rate_day: date | None = Field(description="The day the rate was published for; null without one.")
    rate_source: str
    matched_by: str = Field(description="How its payer was found; empty if it was not.")
    visitor_id: str
    session_id: str


class TransactionPage(BaseModel):
    """Transactions, the newest first."""

    transactions: list[Transaction]
    next: str | None = Field(description="Send it as `before` for what is older; null at the end.")
