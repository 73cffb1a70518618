{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'content_id'],
        meta={'upstream': ['int_plays'], 'logged': ['org_id', 'site_id', 'content_id']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_content_items') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, content_id
from {{ changes_of(plan, 'int_plays') }}
-- replaces
(org_id, site_id, content_id) in {{ scope }}
-- rows
{%- endif %}
-- What an item is, who made it and how long it is are said by some of its events only.
select
    org_id,
    site_id,
    content_id,
    maxIf(content_type, has_begun) as content_type,
    maxIf(creator_id, has_begun) as creator_id,
    toDecimal64(max(length_ms), 3) / 1000 as length_seconds
from {{ ref('int_plays') }}
{%- if plan.is_scoped %}
where (org_id, site_id, content_id) in {{ scope }}
{%- endif %}
group by org_id, site_id, content_id
