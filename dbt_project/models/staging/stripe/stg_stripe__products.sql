{{ config(order_by=['org_id', 'site_id', 'product_id']) }}

with objects as (
    {{ stripe_objects(
        'products',
        'product',
        'Tuple(
            created Int64,
            name String,
            active Bool,
            metadata Map(String, String)
        )'
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
