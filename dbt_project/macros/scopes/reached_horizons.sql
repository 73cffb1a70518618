{#
  Connected sites that are known up to another moment than before, as a subquery of (org_id, site_id, from_at, to_at): what
  lies after from_at and not after to_at has happened since, or is undone. Of a site that was or is not connected, all.
  `horizon`: known_until or reconciled_until.
#}
{% macro reached_horizons(plan, horizon) -%}
    (
        select
            org_id,
            site_id,
            if(min(is_removed) = max(is_removed), toDateTime64(0, 3, 'UTC'), min({{ horizon }})) as from_at,
            max({{ horizon }}) as to_at
        from {{ changes_of(plan, 'int_stripe_horizons') }}
        group by org_id, site_id
    )
{%- endmacro %}
