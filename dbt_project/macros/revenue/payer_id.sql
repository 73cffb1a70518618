{# Who pays for a charge: its customer; a guest is a payer of one charge. #}
{% macro payer_id() -%}
    if(customer_id != '', customer_id, charge_id)
{%- endmacro %}
