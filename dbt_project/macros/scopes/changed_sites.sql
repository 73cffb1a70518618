{#
  Sites of which one of these definitions changed, as a subquery of (org_id, site_id). `names`: models of the control database, as in
  ['stg_control__goals'].
#}
{% macro changed_sites(plan, names) -%}
    (
    {%- for name in names %}
        select org_id, site_id from {{ changes_of(plan, name) }}
        {%- if not loop.last %}
        union distinct
        {%- endif %}
    {%- endfor %}
    )
{%- endmacro %}
