{{ config(order_by=['org_id', 'site_id', 'customer_id']) }}

with objects as (
    {{ stripe_objects(
        'customers',
        'customer',
        'Tuple(
            created Int64,
            email String,
            name String,
            currency String,
            delinquent Bool,
            metadata Map(String, String),
            discount String
        )'
    ) }}
)

select
    org_id,
    site_id,
    id as customer_id,
    toDateTime64(o.created, 3, 'UTC') as created_at,
    if(o.email = '', '', lower(hex(SHA256(lower(trim(o.email)))))) as email_hash,
    toLowCardinality(o.currency) as currency,
    o.delinquent as is_delinquent,
    o.metadata as metadata,
    o.discount as discount,
    is_deleted
from objects
