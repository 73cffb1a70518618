{{ config(partition_by='toYYYYMM(occurred_at)', order_by=['org_id', 'site_id', 'occurred_at', 'transaction_id']) }}

with transactions as (
    select * from {{ ref('int_transactions_collected') }}
),

charges as (
    select org_id, site_id, charge_id, customer_id, payment_intent_id
    from {{ ref('stg_stripe__charges') }}
),

bookings as (
    select org_id, site_id, balance_transaction_id, created_at, amount, currency, fee, exchange_rate
    from {{ ref('stg_stripe__balance_transactions') }}
),

by_intent as (
    select org_id, site_id, payment_intent_id, min(invoice_id) as invoice_id
    from {{ ref('stg_stripe__invoice_payments') }}
    where payment_intent_id != ''
    group by org_id, site_id, payment_intent_id
),

by_charge as (
    select org_id, site_id, charge_id, min(invoice_id) as invoice_id
    from {{ ref('stg_stripe__invoice_payments') }}
    where charge_id != ''
    group by org_id, site_id, charge_id
),

invoices as (
    select org_id, site_id, invoice_id, subscription_id
    from {{ ref('stg_stripe__invoices') }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

booked as (
    select
        transactions.transaction_id as transaction_id,
        transactions.org_id as org_id,
        transactions.site_id as site_id,
        transactions.kind as kind,
        transactions.charge_id as charge_id,
        transactions.amount as amount,
        transactions.currency as currency,
        transactions.balance_transaction_id as balance_transaction_id,
        charges.customer_id as customer_id,
        charges.payment_intent_id as payment_intent_id,
        if(by_charge.invoice_id != '', by_charge.invoice_id, by_intent.invoice_id) as invoice_id,
        -- When Stripe booked it; the object's own time until it did.
        if(bookings.balance_transaction_id != '', bookings.created_at, transactions.created_at) as occurred_at,
        bookings.amount as settled_amount,
        bookings.currency as settled_currency,
        bookings.fee as fee
    from transactions
    left join charges
        on charges.org_id = transactions.org_id
        and charges.site_id = transactions.site_id
        and charges.charge_id = transactions.charge_id
    left join bookings
        on bookings.org_id = transactions.org_id
        and bookings.site_id = transactions.site_id
        and bookings.balance_transaction_id = transactions.balance_transaction_id
    left join by_charge
        on by_charge.org_id = transactions.org_id
        and by_charge.site_id = transactions.site_id
        and by_charge.charge_id = transactions.charge_id
    left join by_intent
        on by_intent.org_id = transactions.org_id
        and by_intent.site_id = transactions.site_id
        and by_intent.payment_intent_id = charges.payment_intent_id
),

dated as (
    select
        booked.org_id as org_id,
        booked.site_id as site_id,
        booked.transaction_id as transaction_id,
        booked.kind as kind,
        booked.charge_id as charge_id,
        booked.payment_intent_id as payment_intent_id,
        booked.customer_id as customer_id,
        booked.invoice_id as invoice_id,
        booked.amount as amount,
        booked.currency as currency,
        booked.occurred_at as occurred_at,
        booked.balance_transaction_id as balance_transaction_id,
        booked.settled_amount as settled_amount,
        booked.settled_currency as settled_currency,
        booked.fee as fee,
        invoices.subscription_id as subscription_id,
        {{ local_day('booked.occurred_at', 'sites.timezone') }} as day
    from booked
    left join invoices
        on invoices.org_id = booked.org_id
        and invoices.site_id = booked.site_id
        and invoices.invoice_id = booked.invoice_id
    left join sites on sites.org_id = booked.org_id and sites.site_id = booked.site_id
),

converted as (
    {{ with_rates('dated') }}
)

select
    transaction_id,
    org_id,
    site_id,
    day,
    occurred_at,
    toLowCardinality(kind) as kind,
    (subscription_id != '')::Bool as is_recurring,
    customer_id,
    subscription_id,
    invoice_id,
    charge_id,
    payment_intent_id,
    amount,
    currency,
    {{ reporting_amount('amount', 'currency') }} as reporting_amount,
    reporting_currency,
    exchange_rate,
    rate_day,
    rate_source,
    balance_transaction_id,
    settled_amount,
    settled_currency,
    fee
from converted
