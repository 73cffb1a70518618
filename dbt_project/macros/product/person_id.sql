{#
  Identity of a person, a UUID: of a known user within the organization, on whichever of its sites; of an unknown visitor
  within the site. `user_id`: the user, '' if unknown.
#}
{% macro person_id(user_id, visitor_id="''", org_id='org_id', site_id='site_id') -%}
    reinterpretAsUUID(
        if(
            {{ user_id }} != '',
            sipHash128({{ org_id }}, 'user', '', {{ user_id }}),
            sipHash128({{ org_id }}, 'visitor', {{ site_id }}, {{ visitor_id }})
        )
    )
{%- endmacro %}
