{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'price_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.prices'],
            'logged': ['org_id', 'site_id', 'price_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__prices') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'prices', 'price') }}
-- replaces
{{ is_named_in(scope, 'price_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'prices',
        'price',
        'Tuple(
            created Int64,
            product String,
            currency String,
            active Bool,
            type String,
            billing_scheme String,
            tiers_mode String,
            unit_amount_decimal String,
            recurring Tuple(`interval` String, interval_count UInt32, usage_type String),
            transform_quantity Tuple(divide_by Int64, round String),
            tiers Array(Tuple(up_to Int64, unit_amount_decimal String, flat_amount_decimal String)),
            currency_options Map(
                String,
                Tuple(
                    unit_amount_decimal String,
                    tiers Array(Tuple(up_to Int64, unit_amount_decimal String, flat_amount_decimal String))
                )
            )
        )',
        plan,
        scope,
        lists='(o.tiers, o.currency_options)'
    ) }}
)

select
    org_id,
    site_id,
    id as price_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.product as product_id,
    toLowCardinality(o.currency) as currency,
    o.active as is_active,
    toLowCardinality(o.billing_scheme) as billing_scheme,
    toLowCardinality(o.tiers_mode) as tiers_mode,
    o.unit_amount_decimal as unit_amount,
    toLowCardinality(o.recurring.interval) as recurring_interval,
    o.recurring.interval_count as interval_count,
    toLowCardinality(o.recurring.usage_type) as usage_type,
    -- Events show neither.
    lists.1 as tiers,
    lists.2 as currency_options,
    is_deleted
from objects
