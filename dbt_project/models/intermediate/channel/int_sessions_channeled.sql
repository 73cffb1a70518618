{{
    config(
        materialized='partitions',
        partition_by=partition_of('started_at'),
        order_by=['org_id', 'site_id', 'visitor_id', 'started_at'],
        meta={
            'upstream': ['int_sessions_dated', 'stg_control__sites', 'stg_control__channel_rules'],
            'logged': ['org_id', 'site_id', 'visitor_id', 'session_id', 'is_bot', 'started_at', 'day'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_sessions_channeled') %}
{{ plan.header }}
{%- set sessions %}
{%- if plan.is_scoped -%}
    (select * from {{ ref('int_sessions_dated') }} where {{ is_session_of(scope) }})
{%- else -%}
    {{ ref('int_sessions_dated') }}
{%- endif %}
{%- endset %}
{%- if plan.is_scoped %}
{{ changed_sessions(plan, ['stg_control__sites', 'stg_control__channel_rules']) }}
-- replaces
{{ is_session_of(scope) }}
-- rows
{%- endif %}
with sites as (
    select org_id, site_id, hosts from {{ ref('stg_control__sites') }}
),

classified as (
    select * from {{ origins_classified(plan, sessions) }}
),

rules as (
    select
        org_id,
        site_id,
        arraySort(groupArray((position, rule_id, channel, conditions)))::Array(
            Tuple(
                position UInt16,
                rule_id String,
                channel String,
                conditions Array(Tuple(field String, operator String, value String))
            )
        ) as rules
    from {{ ref('stg_control__channel_rules') }}
    group by org_id, site_id
),

arrivals as (
    select
        sessions.session_id as session_id,
        sessions.org_id as org_id,
        sessions.site_id as site_id,
        sessions.visitor_id as visitor_id,
        sessions.is_bot as is_bot,
        sessions.started_at as started_at,
        sessions.day as day,
        sessions.entry_path as entry_path,
        lower(sessions.utm_source) as utm_source,
        lower(sessions.utm_medium) as utm_medium,
        sessions.utm_campaign as campaign,
        sessions.click_id as click_id,
        {{ referrer_host('sessions.referrer', 'sites.hosts') }} as referrer_host,
        if(
            referrer_host = '',
            '',
            concat(referrer_host, lower(extract(path(sessions.referrer), '^/[^/]+/[^/]+')))
        ) as referrer_origin
    from {{ sessions }} as sessions
    left join sites on sites.org_id = sessions.org_id and sites.site_id = sessions.site_id
),

-- Advertising networks mark the addresses of their ads. Facebook marks every address that leaves it, paid for or not.
named as (
    select
        arrivals.session_id as session_id,
        arrivals.org_id as org_id,
        arrivals.site_id as site_id,
        arrivals.visitor_id as visitor_id,
        arrivals.is_bot as is_bot,
        arrivals.started_at as started_at,
        arrivals.day as day,
        arrivals.entry_path as entry_path,
        arrivals.referrer_host as referrer_host,
        arrivals.campaign as campaign,
        arrivals.utm_source != '' or arrivals.utm_medium != '' or campaign != '' as is_tagged,
        transform(
            arrivals.click_id,
            ['gclid', 'gbraid', 'wbraid', 'dclid', 'fbclid', 'msclkid', 'ttclid', 'twclid', 'li_fat_id'],
            ['google', 'google', 'google', 'google', 'facebook', 'bing', 'tiktok', 'twitter', 'linkedin'],
            ''
        ) as network,
        multiIf(
            arrivals.utm_source != '', arrivals.utm_source,
            network != '', network,
            referrer_host != '', if(referrers.source = '', referrer_host, referrers.source),
            is_tagged, '(not set)',
            '(direct)'
        ) as source,
        multiIf(
            arrivals.utm_source != '', tagged.category,
            network in ('google', 'bing'), 'search',
            network != '', 'social',
            referrers.category
        ) as category,
        multiIf(
            arrivals.utm_medium != '', arrivals.utm_medium,
            arrivals.click_id = 'dclid', 'display',
            arrivals.click_id = 'fbclid', 'referral',
            arrivals.click_id != '', 'cpc',
            is_tagged, '(not set)',
            referrer_host = '', '(none)',
            category = 'search', 'organic',
            'referral'
        ) as medium,
        ['source', 'medium', 'campaign', 'referrer_host', 'entry_path'] as field_names,
        [source, medium, campaign, referrer_host, arrivals.entry_path] as field_texts
    from arrivals
    left join classified as tagged on tagged.origin = arrivals.utm_source
    left join classified as referrers on referrers.origin = arrivals.referrer_origin
)

select
    named.session_id as session_id,
    named.org_id as org_id,
    named.site_id as site_id,
    named.visitor_id as visitor_id,
    named.is_bot as is_bot,
    named.started_at as started_at,
    named.day as day,
    arrayFirst(
        rule -> arrayAll(
            condition -> {{ matches(
                'named.field_texts[indexOf(named.field_names, condition.field)]',
                'condition.operator',
                'condition.value'
            ) }},
            rule.conditions
        ),
        rules.rules
    ).channel as own_channel,
    if(
        own_channel != '',
        own_channel,
        {{ channel_group('named.source', 'named.medium', 'lower(named.campaign)', 'named.category') }}
    ) as channel,
    named.source as source,
    named.medium as medium,
    named.campaign as campaign
from named
left join rules on rules.org_id = named.org_id and rules.site_id = named.site_id
