{{
    config(
        materialized='partitions',
        partition_by=partition_of('entered_at'),
        order_by=['org_id', 'site_id', 'person_id', 'funnel_id', 'attempt', 'step'],
        meta={
            'upstream': [
                'stg_events__receipts', 'int_visitors_resolved', 'fct_funnel_progress', 'stg_control__funnels',
            ],
            'logged': ['org_id', 'site_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_funnel_detours') %}
{%- set chosen -%}
    {%- if plan.is_scoped -%}
    {{ is_named_in(scope, 'person_id') }}
    {%- else -%}
    {{ in_batch('cityHash64(person_id)') }}
    {%- endif -%}
{%- endset %}
{%- set visitors_in_scope = chosen if plan.is_scoped else 'true' %}
{%- set page_views %}
    {{- is_page_view() }}
{%- if plan.is_scoped %}
    and (
        {{ is_person_of(scope) }}
    )
{%- endif %}
{%- endset %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- Who has a changed attempt, and of those with an attempt who has a changed page view or gained or lost a visitor.
with changes as materialized (
    select distinct org_id, site_id, visitor_id, user_id
    from {{ changes_of(plan, 'stg_events__receipts') }}
    where {{ is_page_view() }} and not is_bot and not is_duplicate
)

select distinct org_id, site_id, person_id
from {{ changes_of(plan, 'fct_funnel_progress') }}
union distinct
select distinct org_id, site_id, person_id
from {{ ref('fct_funnel_progress') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_control__funnels']) }}
    or (org_id, site_id, person_id) in (
        select org_id, site_id, person_id
        from {{ relation_of('int_visitors_resolved') }}
        where (org_id, site_id, visitor_id) in (select org_id, site_id, visitor_id from changes)
        union distinct
        select org_id, site_id, {{ person_id('user_id') }} as person_id
        from changes
        where visitor_id = '' and user_id != ''
        union distinct
        select org_id, site_id, person_id from {{ moved_people(plan) }}
    )
-- replaces
{{ chosen }}
-- rows
{%- endif %}
with funnels as (
    select org_id, site_id, funnel_id, window_seconds from {{ ref('stg_control__funnels') }}
),

views as (
    select org_id, site_id, person_id, occurred_at, path
    from {{ events_attributed(plan, page_views, visitors_in_scope) }}
    where {{ is_page_view() }} and {{ chosen }}
),

stretches as (
    select
        attempts.org_id as org_id,
        attempts.site_id as site_id,
        attempts.funnel_id as funnel_id,
        attempts.person_id as person_id,
        attempts.attempt as attempt,
        attempts.entered_at as entered_at,
        step,
        assumeNotNull(attempts.reached_at[step]) as since,
        arrayFirst(at -> at is not null, arraySlice(attempts.reached_at, step + 1)) as next_at,
        next_at is null as is_drop_off,
        assumeNotNull(coalesce(next_at, attempts.entered_at + toIntervalSecond(funnels.window_seconds))) as until
    from (select * from {{ ref('fct_funnel_progress') }} where {{ chosen }}) as attempts
    inner join funnels
        on funnels.org_id = attempts.org_id
        and funnels.site_id = attempts.site_id
        and funnels.funnel_id = attempts.funnel_id
    array join arrayEnumerate(attempts.reached_at) as step
    where attempts.reached_at[step] is not null and step < length(attempts.reached_at)
)

-- Row by row: a machine's 20,000 views as one array beside each of its 2,500 attempts would fill 4 GB, and of people it is
-- no slower. 120,000 views of a machine take 10 s.
select
    stretches.org_id as org_id,
    stretches.site_id as site_id,
    stretches.funnel_id as funnel_id,
    stretches.person_id as person_id,
    stretches.attempt as attempt,
    stretches.entered_at as entered_at,
    toUInt8(stretches.step) as step,
    any(stretches.is_drop_off)::Bool as is_drop_off,
    arraySort(groupUniqArray(views.path)) as paths
from views
inner join stretches
    on stretches.org_id = views.org_id
    and stretches.site_id = views.site_id
    and stretches.person_id = views.person_id
where views.occurred_at > stretches.since and views.occurred_at < stretches.until
group by org_id, site_id, funnel_id, person_id, attempt, entered_at, step
