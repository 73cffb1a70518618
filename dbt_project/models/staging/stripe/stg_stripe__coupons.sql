{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'coupon_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.coupons'],
            'logged': ['org_id', 'site_id', 'coupon_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__coupons') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'coupons', 'coupon') }}
-- replaces
{{ is_named_in(scope, 'coupon_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'coupons',
        'coupon',
        'Tuple(
            created Int64,
            name String,
            percent_off String,
            amount_off Int64,
            currency String,
            duration String,
            duration_in_months Int64,
            applies_to Tuple(products Array(String)),
            currency_options Map(String, Tuple(amount_off Int64))
        )',
        plan,
        scope,
        lists='(o.applies_to, o.currency_options)'
    ) }}
)

select
    org_id,
    site_id,
    id as coupon_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.name as name,
    toDecimal64OrZero(o.percent_off, 4) as percent_off,
    o.amount_off as amount_off,
    toLowCardinality(o.currency) as currency,
    toLowCardinality(o.duration) as duration,
    -- Events show neither.
    lists.1.products as product_ids,
    mapApply((k, v) -> (k, v.amount_off), lists.2) as amounts_off,
    is_deleted
from objects
