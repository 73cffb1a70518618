{#
  Scope of a report that counts some events by their site's own days: days, as (org_id, site_id, day), on which one of them
  appeared or vanished, and of a site whose time zone changed all of them, as they were and as they are.
  `condition`: of the events that are counted, by what the log of receipts has.
#}
{% macro changed_days(plan, condition) -%}
{%- set rezoned = changed_sites(plan, ['stg_control__sites']) -%}
with happened as (
    select org_id, site_id, occurred_at
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where {{ condition }} and not is_bot and not is_duplicate
    union all
    select org_id, site_id, occurred_at
    from {{ relation_of('stg_events__events') }}
    where {{ condition }} and not is_bot and (org_id, site_id) in {{ rezoned }}
)

select
    happened.org_id as org_id,
    happened.site_id as site_id,
    {{ local_day('happened.occurred_at', 'sites.timezone') }} as day
from happened
left join {{ relation_of('stg_control__sites') }} as sites
    on sites.org_id = happened.org_id and sites.site_id = happened.site_id
union distinct
select org_id, site_id, day
from {{ this }}
where (org_id, site_id) in {{ rezoned }}
{%- endmacro %}
