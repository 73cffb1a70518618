{{
    config(
        materialized='partitions',
        order_by=['org_id', 'site_id', 'content_id'],
        meta={
            'upstream': ['int_plays', 'fct_revenue_events'],
            'logged': ['org_id', 'site_id', 'content_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_content_items') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select org_id, site_id, content_id
from {{ changes_of(plan, 'int_plays') }}
union distinct
select org_id, site_id, content_id
from {{ changes_of(plan, 'fct_revenue_events') }}
where content_id != ''
-- replaces
(org_id, site_id, content_id) in {{ scope }}
-- rows
{%- endif %}
-- What an item is, who made it and how long it is are said by some of its events only.
with sayings as (
    select
        org_id,
        site_id,
        content_id,
        has_begun as is_of_play,
        false as is_of_sale,
        content_type,
        creator_id,
        length_ms
    from {{ ref('int_plays') }}
{%- if plan.is_scoped %}
    where {{ is_named_in(scope, 'content_id') }}
{%- endif %}
    union all
    select
        org_id,
        site_id,
        content_id,
        false as is_of_play,
        true as is_of_sale,
        content_type,
        creator_id,
        toInt64(0) as length_ms
    from {{ ref('fct_revenue_events') }}
    where content_id != ''
{%- if plan.is_scoped %}
        and {{ is_named_in(scope, 'content_id') }}
{%- endif %}
),

items as (
    select
        org_id,
        site_id,
        content_id,
        maxIf(content_type, is_of_play) as played_type,
        maxIf(content_type, is_of_sale) as sold_type,
        maxIf(creator_id, is_of_play) as played_creator,
        maxIf(creator_id, is_of_sale) as sold_creator,
        max(length_ms) as longest_ms
    from sayings
    group by org_id, site_id, content_id
)

select
    org_id,
    site_id,
    content_id,
    if(played_type != '', played_type, sold_type) as content_type,
    if(played_creator != '', played_creator, sold_creator) as creator_id,
    toDecimal64(longest_ms, 3) / 1000 as length_seconds
from items
