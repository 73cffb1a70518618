"""The questions asked of the revenue marts, with their arguments bound."""

from typing import Literal

Model = Literal["first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "position_based"]
Dimension = Literal["channel", "source", "medium", "campaign"]
Kind = Literal["payment", "payment_failure", "refund", "refund_failure", "dispute", "dispute_reversal"]

REVENUE_BY_SOURCE = """
SELECT
    toString({dimension:Identifier}) AS name,
    toString(currency) AS currency,
    sum(rpt.gross) AS gross,
    sum(rpt.net) AS net,
    sum(rpt.first_gross) AS first_gross,
    sum(rpt.first_net) AS first_net
FROM marts.rpt_revenue_attribution_daily AS rpt
WHERE org_id = {org_id:String}
    AND site_id = {site_id:String}
    AND day >= {start:Date}
    AND day < {end:Date}
    AND model = {model:String}
GROUP BY name, currency
ORDER BY currency, net DESC, name
LIMIT {limit:UInt32}
"""

REVENUE_TOTALS = """
SELECT
    toString(currency) AS currency,
    sum(rpt.payments) AS payments,
    sum(rpt.gross) AS gross,
    sum(rpt.refunded) AS refunded,
    sum(rpt.disputed) AS disputed,
    sum(rpt.net) AS net,
    sumIf(rpt.net, is_recurring) AS recurring_net,
    sum(rpt.reporting_net) AS reporting_net,
    toString(any(rpt.reporting_currency)) AS reporting_currency
FROM marts.rpt_revenue_daily AS rpt
WHERE org_id = {org_id:String}
    AND site_id = {site_id:String}
    AND day >= {start:Date}
    AND day < {end:Date}
GROUP BY currency, rpt.reporting_currency
ORDER BY currency, reporting_currency
"""

TRANSACTIONS = """
SELECT
    transaction_id,
    occurred_at,
    toUnixTimestamp64Milli(occurred_at) AS occurred_ms,
    day,
    toString(kind) AS kind,
    is_recurring,
    customer_id,
    subscription_id,
    invoice_id,
    charge_id,
    amount,
    toString(currency) AS currency,
    reporting_amount,
    toString(reporting_currency) AS reporting_currency,
    toString(exchange_rate) AS exchange_rate,
    nullIf(rate_day, toDate(0)) AS rate_day,
    toString(rate_source) AS rate_source,
    toString(matched_by) AS matched_by,
    visitor_id,
    if(toString(session_id) = '00000000-0000-0000-0000-000000000000', '', toString(session_id)) AS session_id
FROM marts.fct_transactions
WHERE org_id = {org_id:String}
    AND site_id = {site_id:String}
    AND day >= {start:Date}
    AND day < {end:Date}
    AND (empty({kinds:Array(String)}) OR has({kinds:Array(String)}, kind))
    AND ({customer_id:String} = '' OR customer_id = {customer_id:String})
    AND (toUnixTimestamp64Milli(occurred_at), transaction_id) < ({before_ms:Int64}, {before_id:String})
ORDER BY occurred_ms DESC, transaction_id DESC
LIMIT {limit:UInt32}
"""
