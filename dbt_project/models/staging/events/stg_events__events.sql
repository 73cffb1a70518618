{{ config(materialized='view') }}

with receipts as (
    select * from {{ ref('stg_events__receipts') }}
)

select * except (is_duplicate)
from receipts
where not is_duplicate
