{# How many of Stripe's minor units make one unit of a currency: 1 for yen, 1000 for dinars, else 100. #}
{% macro minor_units(currency='currency') -%}
    multiIf(
        {{ currency }} in (
            'bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'
        ),
        1,
        {{ currency }} in ('bhd', 'jod', 'kwd', 'omr', 'tnd'),
        1000,
        100
    )
{%- endmacro %}
