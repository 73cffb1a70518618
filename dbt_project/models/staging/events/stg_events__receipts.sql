{{
    config(
        materialized='partitions',
        partition_by=partition_of('occurred_at'),
        order_by=['org_id', 'site_id', 'visitor_id', 'occurred_at', 'id'],
        meta={
            'loaded_from': ['raw_events.events'],
            'upstream': ['stg_events__rejected_events'],
            'logged': [
                'org_id', 'site_id', 'visitor_id', 'user_id', 'event', 'is_bot', 'occurred_at', 'received_at',
                'is_duplicate',
            ],
            'compared': ['collector_id', 'sequence', 'is_duplicate'],
        },
    )
}}
{%- set columns %}
        id,
        toLowCardinality(event) as event,
        toLowCardinality(namespace) as namespace,
        occurred_at,
        received_at,
        toLowCardinality(org_id) as org_id,
        toLowCardinality(site_id) as site_id,
        visitor_id,
        user_id,
        session_hint,
        properties,
        url,
        path,
        title,
        referrer,
        toLowCardinality(utm_source) as utm_source,
        toLowCardinality(utm_medium) as utm_medium,
        toLowCardinality(utm_campaign) as utm_campaign,
        toLowCardinality(utm_term) as utm_term,
        toLowCardinality(utm_content) as utm_content,
        gclid,
        gbraid,
        wbraid,
        dclid,
        fbclid,
        msclkid,
        ttclid,
        twclid,
        li_fat_id,
        toLowCardinality(browser) as browser,
        toLowCardinality(browser_version) as browser_version,
        toLowCardinality(os) as os,
        toLowCardinality(os_version) as os_version,
        toLowCardinality(device_type) as device_type,
        screen_width,
        screen_height,
        viewport_width,
        viewport_height,
        toLowCardinality(country) as country,
        toLowCardinality(region) as region,
        toLowCardinality(city) as city,
        toLowCardinality(timezone) as timezone,
        toLowCardinality(language) as language,
        toLowCardinality(source) as source,
        toLowCardinality(service) as service,
        toLowCardinality(service_version) as service_version,
        request_id,
        is_bot,
        schema_version,
        toLowCardinality(collector_id) as collector_id,
        sequence
{%- endset %}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_events__receipts') %}
{{ plan.header }}
{%- if plan.is_scoped %}
{%- set refused_since %}(
    select collector_id, sequence
    from {{ changes_of(plan, 'stg_events__rejected_events') }}
    where code = 'refused_by_warehouse'
){% endset %}
-- The scope is every receipt of every id that was loaded or refused since: the rows themselves, read once. What was
-- loaded shortly before the last build is seen again, and mostly known.
with loaded as (
    select
    {{- columns }}
    from {{ source('raw_events', 'events') }}
    where {{ loaded_since(plan, 'raw_events.events') }}
)

select *
from loaded
where (collector_id, sequence) not in (
    select collector_id, sequence
    from {{ this }}
    where id in (
        select id
        from {{ source('raw_events', 'events') }}
        where {{ loaded_since(plan, 'raw_events.events') }}
    )
)
union all
select
    {{- columns }}
from {{ this }}
where (select count() from {{ refused_since }}) > 0 and (collector_id, sequence) in {{ refused_since }}
-- replaces
id in (select id from {{ scope }})
-- rows
{%- endif %}
-- Ids received once need no sorting: only the others are looked at row by row. All reads of raw_events.events in this
-- statement share one snapshot, and every other model reads this one, so a load that runs meanwhile splits no build.
with refused as (
    select collector_id, sequence
    from {{ ref('stg_events__rejected_events') }}
    where code = 'refused_by_warehouse'
),

accepted as (
    select
    {{- columns }}
{%- if plan.is_scoped %}
    from (
        select {{ columns }} from {{ scope }}
        union all
        select {{ columns }} from {{ replaced_of('stg_events__receipts') }}
    )
{%- else %}
    from {{ source('raw_events', 'events') }}
{%- endif %}
    where (collector_id, sequence) not in refused
        and {{ in_batch('cityHash64(id)') }}
),

repeated_ids as (
    select id from accepted group by id having count() > 1
),

first_receipts as (
    select argMin((collector_id, sequence), (received_at, collector_id, sequence)) as receipt
    from accepted
    where id in repeated_ids
    group by org_id, site_id, id
),

received_once as (
    select *, false as is_duplicate
    from accepted
    where id not in repeated_ids
),

received_again as (
    select *, (collector_id, sequence) not in first_receipts as is_duplicate
    from accepted
    where id in repeated_ids
    limit 1 by collector_id, sequence
)

select * from received_once
union all
select * from received_again
