{{ config(order_by=['org_id', 'site_id', 'day', 'currency', 'area']) }}

with horizons as (
    select org_id, site_id, reconciled_until from {{ ref('int_stripe_horizons') }}
),

sites as (
    select org_id, site_id, timezone from {{ ref('stg_control__sites') }}
),

transactions as (
    select
        org_id,
        site_id,
        if(balance_transaction_id != '', balance_transaction_id, transaction_id) as booking_id,
        occurred_at,
        amount,
        currency
    from {{ ref('fct_transactions') }}
),

bookings as (
    select
        *,
        multiIf(
            reporting_category in (
                'charge', 'charge_failure', 'refund', 'refund_failure', 'dispute', 'dispute_reversal'
            ),
            'transactions',
            reporting_category = ''
                and (
                    type in (
                        'charge', 'payment', 'refund', 'payment_refund', 'refund_failure', 'payment_failure_refund'
                    )
                    or (type = 'adjustment' and match(source_id, '^d[pu]_'))
                ),
            'transactions',
            type in ('payout', 'payout_failure', 'payout_cancel'),
            'payouts',
            'other'
        ) as area
    from {{ ref('stg_stripe__balance_transactions') }}
),

-- Either side may lack the other. Of what was paid in another currency than it was settled in, Stripe alone knows the
-- amount: that it was booked, and only once, is all there is to compare.
compared_transactions as (
    select
        if(transactions.booking_id != '', transactions.org_id, bookings.org_id) as org_id,
        if(transactions.booking_id != '', transactions.site_id, bookings.site_id) as site_id,
        'transactions' as area,
        if(transactions.booking_id != '', transactions.booking_id, bookings.balance_transaction_id) as id,
        if(bookings.balance_transaction_id != '', bookings.created_at, transactions.occurred_at) as at,
        if(bookings.balance_transaction_id != '', bookings.currency, transactions.currency) as currency,
        if(
            bookings.balance_transaction_id != ''
                and transactions.booking_id != ''
                and transactions.currency != bookings.currency,
            bookings.amount,
            transactions.amount
        ) as counted,
        bookings.amount as booked,
        transactions.booking_id = '' or bookings.balance_transaction_id = '' or counted != booked as is_differing
    from transactions
    full outer join (select * from bookings where area = 'transactions') as bookings
        on bookings.org_id = transactions.org_id
        and bookings.site_id = transactions.site_id
        and bookings.balance_transaction_id = transactions.booking_id
),

members as (
    select
        paid.org_id as org_id,
        paid.site_id as site_id,
        paid.payout_id as payout_id,
        sum(bookings.net) as net,
        countIf(bookings.balance_transaction_id = '') as unknown
    from {{ ref('stg_stripe__payout_transactions') }} as paid
    left join bookings
        on bookings.org_id = paid.org_id
        and bookings.site_id = paid.site_id
        and bookings.balance_transaction_id = paid.balance_transaction_id
    where bookings.area != 'payouts'
    group by org_id, site_id, payout_id
),

-- Only of the payouts it makes by itself does Stripe say what is in them.
compared_payouts as (
    select
        members.org_id as org_id,
        members.site_id as site_id,
        'payouts' as area,
        members.payout_id as id,
        payouts.created_at as at,
        payouts.currency as currency,
        members.net as counted,
        payouts.amount as booked,
        counted != booked or members.unknown > 0 as is_differing
    from members
    inner join {{ ref('stg_stripe__payouts') }} as payouts
        on payouts.org_id = members.org_id
        and payouts.site_id = members.site_id
        and payouts.payout_id = members.payout_id
    where payouts.is_automatic
),

compared as (
    select * from compared_transactions
    union all
    select * from compared_payouts
)

select
    compared.org_id as org_id,
    compared.site_id as site_id,
    {{ local_day('compared.at', 'sites.timezone') }} as day,
    toLowCardinality(compared.currency) as currency,
    toLowCardinality(compared.area) as area,
    count() as rows,
    sum(compared.counted) as counted,
    sum(compared.booked) as booked,
    counted - booked as difference,
    arraySort(groupArrayIf(compared.id, compared.is_differing)) as differing_ids
from compared
inner join horizons on horizons.org_id = compared.org_id and horizons.site_id = compared.site_id
left join sites on sites.org_id = compared.org_id and sites.site_id = compared.site_id
where compared.at < horizons.reconciled_until
group by org_id, site_id, day, currency, area
