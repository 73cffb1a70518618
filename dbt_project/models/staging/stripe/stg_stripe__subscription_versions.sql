{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(started_at)',
        order_by=['org_id', 'site_id', 'subscription_id', 'version_at'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.subscriptions'],
            'logged': ['org_id', 'site_id', 'subscription_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__subscription_versions') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- The versions that came, and not the subscriptions: one that is renewed every month would be read again from its beginning.
select org_id, site_id, id, version_at as listed_at, '' as event_id
from {{ source('raw_stripe', 'subscriptions') }}
where {{ loaded_since(plan, 'raw_stripe.subscriptions') }}
union distinct
select org_id, site_id, id, version_at as listed_at, '' as event_id
from {{ source('raw_stripe', 'subscriptions') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_stripe__connections']) }}
union distinct
select org_id, site_id, object_id as id, toDateTime64(0, 3, 'UTC') as listed_at, event_id
from {{ changes_of(plan, 'stg_stripe__events') }}
where object_type = 'subscription'
-- replaces
subscription_id in (select id from {{ scope }})
    and (org_id, site_id, subscription_id, if(event_id = '', version_at, toDateTime64(0, 3, 'UTC')), event_id) in {{ scope }}
-- rows
{%- endif %}
with versions as (
    {{ stripe_versions(
        'subscriptions',
        'subscription',
        'Tuple(
            created Int64,
            start_date Int64,
            customer String,
            currency String,
            status String,
            trial_start Int64,
            trial_end Int64,
            ended_at Int64,
            cancel_at Int64,
            canceled_at Int64,
            pause_collection Tuple(behavior String),
            discounts Array(String),
            discount String,
            metadata Map(String, String),
            items Tuple(has_more Bool, data Array(Tuple(
                id String,
                quantity Int64,
                discounts Array(String),
                price Tuple(
                    id String,
                    product String,
                    currency String,
                    billing_scheme String,
                    tiers_mode String,
                    unit_amount_decimal String,
                    recurring Tuple(`interval` String, interval_count Int64, usage_type String),
                    transform_quantity Tuple(divide_by Int64, round String)
                ),
                plan Tuple(
                    id String,
                    product String,
                    currency String,
                    billing_scheme String,
                    tiers_mode String,
                    amount String,
                    amount_decimal String,
                    `interval` String,
                    interval_count Int64,
                    usage_type String,
                    transform_usage Tuple(divide_by Int64, round String)
                )
            )))
        )',
        plan,
        scope,
        by_version=true
    ) }}
)

-- One that was loaded twice is one.
select distinct
    org_id,
    site_id,
    id as subscription_id,
    version_at,
    is_listed,
    -- Events of one second: what was made comes first and what ended it last.
    toUInt8(multiIf(
        is_listed, 3, event_type = 'customer.subscription.created', 0, event_type = 'customer.subscription.deleted', 2, 1
    )) as rank,
    event_id,
    o.customer as customer_id,
    toLowCardinality(o.currency) as currency,
    toLowCardinality(o.status) as status,
    toDateTime64(if(o.start_date > 0, o.start_date, o.created), 3, 'UTC') as started_at,
    toDateTime64(o.trial_start, 3, 'UTC') as trial_started_at,
    toDateTime64(o.trial_end, 3, 'UTC') as trial_ends_at,
    toDateTime64(o.ended_at, 3, 'UTC') as ended_at,
    toDateTime64(o.cancel_at, 3, 'UTC') as cancels_at,
    (o.pause_collection.behavior != '')::Bool as is_paused,
    arrayFilter(d -> d not in ('', 'null'), arrayConcat(o.discounts, [o.discount])) as discounts,
    o.metadata as metadata,
    -- An event shows the first ten.
    o.items.has_more as has_more_items,
    -- Older versions of the interface call a price a plan.
    arrayMap(
        item -> (
            item.id,
            item.quantity,
            arrayFilter(d -> d not in ('', 'null'), item.discounts),
            if(item.price.id != '', item.price.id, item.plan.id),
            if(item.price.id != '', item.price.product, item.plan.product),
            if(item.price.id != '', item.price.currency, item.plan.currency),
            if(item.price.id != '', item.price.billing_scheme, item.plan.billing_scheme),
            if(item.price.id != '', item.price.tiers_mode, item.plan.tiers_mode),
            multiIf(
                item.price.id != '', item.price.unit_amount_decimal,
                item.plan.amount_decimal != '', item.plan.amount_decimal,
                item.plan.amount
            ),
            if(item.price.id != '', item.price.recurring.`interval`, item.plan.`interval`),
            if(item.price.id != '', item.price.recurring.interval_count, item.plan.interval_count),
            if(item.price.id != '', item.price.recurring.usage_type, item.plan.usage_type),
            if(item.price.id != '', item.price.transform_quantity.divide_by, item.plan.transform_usage.divide_by),
            if(item.price.id != '', item.price.transform_quantity.round, item.plan.transform_usage.round)
        )::Tuple(
            item_id String,
            quantity Int64,
            discounts Array(String),
            price_id String,
            product_id String,
            currency String,
            billing_scheme String,
            tiers_mode String,
            unit_amount String,
            recurring_interval String,
            interval_count Int64,
            usage_type String,
            divide_by Int64,
            rounding String
        ),
        o.items.data
    ) as items
from versions
where o.created > 0
