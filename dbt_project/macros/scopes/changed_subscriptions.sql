{#
  Scope of a model of what subscriptions have been, up to the moment that is known: those whose periods are others than
  before, and those of which one has begun since. `whose`: the column that is asked for, subscription_id or customer_id.
#}
{% macro changed_subscriptions(plan, whose='subscription_id') -%}
select org_id, site_id, {{ whose }} from {{ changes_of(plan, 'int_subscription_periods') }}
union distinct
select periods.org_id as org_id, periods.site_id as site_id, periods.{{ whose }} as {{ whose }}
from {{ relation_of('int_subscription_periods') }} as periods
inner join {{ reached_horizons(plan, 'known_until') }} as reached
    on reached.org_id = periods.org_id and reached.site_id = periods.site_id
where (periods.valid_from > reached.from_at and periods.valid_from <= reached.to_at)
    or (periods.valid_to > reached.from_at and periods.valid_to <= reached.to_at)
{%- endmacro %}
