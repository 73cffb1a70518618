{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'currency', 'area'],
        meta={
            'upstream': [
                'fct_transactions',
                'stg_stripe__balance_transactions',
                'stg_stripe__refunds',
                'stg_stripe__payouts',
                'stg_stripe__payout_transactions',
                'int_stripe_horizons',
                'stg_control__sites',
            ],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_stripe_reconciliation') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Of what changed on either side, and of what a load reached that none had.
with known as (
    select org_id, site_id, occurred_at as at from {{ relation_of('fct_transactions') }}
    union all
    select org_id, site_id, created_at as at from {{ relation_of('stg_stripe__balance_transactions') }}
    union all
    select org_id, site_id, created_at as at from {{ relation_of('stg_stripe__payouts') }}
),

reached as {{ reached_horizons(plan, 'reconciled_until') }},

moments as (
    select org_id, site_id, occurred_at as at from {{ changes_of(plan, 'fct_transactions') }}
    union distinct
    select org_id, site_id, created_at as at from {{ changes_of(plan, 'stg_stripe__balance_transactions') }}
    union distinct
    select org_id, site_id, created_at as at
    from {{ relation_of('stg_stripe__balance_transactions') }}
    where reporting_category = 'partial_capture_reversal'
        and {{ is_named_in(changes_of(plan, 'stg_stripe__refunds'), 'source_id', 'refund_id') }}
    union distinct
    select org_id, site_id, created_at as at from {{ changes_of(plan, 'stg_stripe__payouts') }}
    union distinct
    select org_id, site_id, created_at as at
    from {{ relation_of('stg_stripe__payouts') }}
    where (org_id, site_id, payout_id) in (
        select org_id, site_id, payout_id from {{ changes_of(plan, 'stg_stripe__payout_transactions') }}
        union distinct
        select org_id, site_id, payout_id
        from {{ relation_of('stg_stripe__payout_transactions') }}
        where {{ is_named_in(changes_of(plan, 'stg_stripe__balance_transactions'), 'balance_transaction_id') }}
    )
    union distinct
    select org_id, site_id, at
    from known
    inner join reached using (org_id, site_id)
    -- The first bound alone is one by which partitions are left out.
    where at >= (select min(from_at) from reached) and at >= from_at and at < to_at
    union distinct
    select org_id, site_id, at from known where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__sites']) }}
)

select distinct
    moments.org_id as org_id,
    moments.site_id as site_id,
    {{ local_day('moments.at', 'sites.timezone') }} as day
from moments
left join {{ relation_of('stg_control__sites') }} as sites
    on sites.org_id = moments.org_id and sites.site_id = moments.site_id
union distinct
select org_id, site_id, day
from {{ this }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__sites']) }}
-- replaces
(org_id, site_id, day) in {{ scope }}
-- rows
{%- endif %}
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
{%- if plan.is_scoped %}
    where {{ is_on_days(scope, 'occurred_at', ['org_id', 'site_id']) }}
{%- endif %}
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

-- Of an authorization that was captured in part all is booked, and at once what was not captured is taken back: what is
-- left was paid.
reversals as (
    select org_id, site_id, source_id as refund_id, amount
    from {{ ref('stg_stripe__balance_transactions') }}
    where reporting_category = 'partial_capture_reversal'
{%- if plan.is_scoped %}
        and {{ is_on_days(scope, 'created_at', ['org_id', 'site_id']) }}
{%- endif %}
),

reversed as (
    select org_id, site_id, refund_id, charge_id
    from {{ ref('stg_stripe__refunds') }}
    where (org_id, site_id, refund_id) in (select org_id, site_id, refund_id from reversals)
),

captured as (
    select org_id, site_id, charge_id, balance_transaction_id
    from {{ ref('stg_stripe__charges') }}
    where (org_id, site_id, charge_id) in (select org_id, site_id, charge_id from reversed)
),

uncaptured as (
    select
        reversals.org_id as org_id,
        reversals.site_id as site_id,
        captured.balance_transaction_id as balance_transaction_id,
        sum(reversals.amount) as amount
    from reversals
    inner join reversed
        on reversed.org_id = reversals.org_id
        and reversed.site_id = reversals.site_id
        and reversed.refund_id = reversals.refund_id
    inner join captured
        on captured.org_id = reversed.org_id
        and captured.site_id = reversed.site_id
        and captured.charge_id = reversed.charge_id
    group by org_id, site_id, balance_transaction_id
),

-- Both are of one instant: what is booked lies where its booking does. Either side may lack the other. Of what was paid in
-- another currency than it was settled in, Stripe alone knows the amount: that it was booked, and only once, is all there is
-- to compare.
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
    full outer join (
        select bookings.* except (amount), bookings.amount + uncaptured.amount as amount
        from bookings
        left join uncaptured
            on uncaptured.org_id = bookings.org_id
            and uncaptured.site_id = bookings.site_id
            and uncaptured.balance_transaction_id = bookings.balance_transaction_id
        where area = 'transactions'
{%- if plan.is_scoped %}
            and {{ is_on_days(scope, 'created_at', ['org_id', 'site_id']) }}
{%- endif %}
    ) as bookings
        on bookings.org_id = transactions.org_id
        and bookings.site_id = transactions.site_id
        and bookings.balance_transaction_id = transactions.booking_id
),

payouts as (
    select org_id, site_id, payout_id, created_at, currency, amount
    from {{ ref('stg_stripe__payouts') }}
    where is_automatic
{%- if plan.is_scoped %}
        and {{ is_on_days(scope, 'created_at', ['org_id', 'site_id']) }}
{%- endif %}
),

paid as (
    select org_id, site_id, payout_id, balance_transaction_id
    from {{ ref('stg_stripe__payout_transactions') }}
    where (org_id, site_id, payout_id) in (select org_id, site_id, payout_id from payouts)
),

members as (
    select
        paid.org_id as org_id,
        paid.site_id as site_id,
        paid.payout_id as payout_id,
        sum(bookings.net) as net,
        countIf(bookings.balance_transaction_id = '') as unknown
    from paid
    left join (
        select *
        from bookings
{%- if plan.is_scoped %}
        where (org_id, site_id, balance_transaction_id) in (select org_id, site_id, balance_transaction_id from paid)
{%- endif %}
    ) as bookings
        on bookings.org_id = paid.org_id
        and bookings.site_id = paid.site_id
        and bookings.balance_transaction_id = paid.balance_transaction_id
    -- A payout is booked, too, and is no part of itself. One that came back is a part of the one that pays it out again.
    where not (bookings.area = 'payouts' and bookings.source_id = paid.payout_id)
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
    inner join payouts
        on payouts.org_id = members.org_id
        and payouts.site_id = members.site_id
        and payouts.payout_id = members.payout_id
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
{%- if plan.is_scoped %}
    and (compared.org_id, compared.site_id, {{ local_day('compared.at', 'sites.timezone') }}) in {{ scope }}
{%- endif %}
group by org_id, site_id, day, currency, area
