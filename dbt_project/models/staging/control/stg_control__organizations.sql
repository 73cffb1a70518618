with organizations as (
    select * from {{ source('raw_control', 'organizations') }}
)

select
    id as org_id,
    name,
    created_at
from organizations
