"""Which balance transactions a payout paid out."""

import msgspec

from headwater.contracts.stripe import BY_KIND
from ingestion.stripe.client import StripeApi
from ingestion.stripe.listing import fetch_pages
from ingestion.stripe.rows import RowFiles


class _Payout(msgspec.Struct):
    automatic: bool = False
    reconciliation_status: str = ""


def add_paid_out(api: StripeApi, rows: RowFiles, payout_id: str, raw: bytes, page_size: int) -> None:
    """Rows for all that an automatic payout paid out; of others Stripe does not know.

    While Stripe still puts it together, there are none; an event says when it is done. Raises StripeFailed.
    """
    payout = msgspec.json.decode(raw, type=_Payout)
    if not payout.automatic or payout.reconciliation_status in ("in_progress", "not_applicable"):
        return
    for page in fetch_pages(api, BY_KIND["balance_transaction"], page_size, payout=payout_id):
        for transaction in page.objects:
            rows.add_payout_transaction(payout_id, transaction)
