{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id'],
        meta={'logged': ['org_id', 'site_id', 'known_until', 'reconciled_until']},
    )
}}
{{ replace_everything(build_plan()) }}
-- A list that was read to its end is kept up by the events since; balance transactions have no events.
with lists as (
    select
        org_id,
        site_id,
        maxIf(finished_at, object = 'events' and is_complete) as events_at,
        maxIf(finished_at, object = 'charges' and is_complete) as charges_at,
        maxIf(finished_at, object = 'refunds' and is_complete) as refunds_at,
        maxIf(finished_at, object = 'disputes' and is_complete) as disputes_at,
        maxIf(finished_at, object = 'balance_transactions' and is_complete) as bookings_at,
        max(finished_at) as last_at
    from {{ ref('stg_stripe__checkpoints') }}
    group by org_id, site_id
),

versions as (
    select org_id, site_id, max(version_at) as newest_at
    from {{ ref('stg_stripe__subscription_versions') }}
    group by org_id, site_id
)

select
    connections.org_id as org_id,
    connections.site_id as site_id,
    greatest(lists.last_at, versions.newest_at) as known_until,
    multiIf(
        -- Rows that no load vouches for are all there will be.
        lists.org_id = '',
        toDateTime64(10413792000, 3, 'UTC'),
        least(lists.charges_at, lists.refunds_at, lists.disputes_at, lists.bookings_at) = toDateTime64(0, 3, 'UTC'),
        toDateTime64(0, 3, 'UTC'),
        least(
            greatest(lists.charges_at, lists.events_at),
            greatest(lists.refunds_at, lists.events_at),
            greatest(lists.disputes_at, lists.events_at),
            lists.bookings_at
        ) - interval {{ var('stripe_settling_minutes') }} minute
    ) as reconciled_until
from {{ ref('stg_stripe__connections') }} as connections
left join lists on lists.org_id = connections.org_id and lists.site_id = connections.site_id
left join versions on versions.org_id = connections.org_id and versions.site_id = connections.site_id
