{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(created_at)',
        order_by=['org_id', 'site_id', 'product_id'],
        meta={
            'upstream': ['stg_stripe__connections', 'stg_stripe__events'],
            'loaded_from': ['raw_stripe.products'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__products') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{{ stripe_changes(plan, 'products', 'product') }}
-- replaces
{{ is_named_in(scope, 'product_id', 'id') }}
-- rows
{%- endif %}
with objects as (
    {{ stripe_objects(
        'products',
        'product',
        'Tuple(
            created Int64,
            name String,
            active Bool,
            metadata Map(String, String)
        )',
        plan,
        scope
    ) }}
)

select
    org_id,
    site_id,
    id as product_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    o.name as name,
    o.active as is_active,
    o.metadata as metadata,
    is_deleted
from objects
