{#
  Statement that puts beside the rows of a relation the rate of their day: rate_from and rate_to (units of the row's and of
  the reporting currency for one of the base, 0 if there is none), and for people reporting_currency (the row's own where
  there is no rate), exchange_rate, rate_day and rate_source. The rate of the last day before it that has one holds, for
  `rate_max_age_days`. The relation must have `currency` and `day`.
#}
{% macro with_rates(relation) -%}
    {%- set reporting = "'" ~ var('reporting_currency') ~ "'" -%}
    select
        money.*,
        (money.currency = {{ reporting }}) as is_reporting,
        not is_reporting and rates.found_from > 0 and rates.published_on + {{ var('rate_max_age_days') }} >= money.day as has_rate,
        if(has_rate, rates.found_from, toDecimal64(0, 8)) as rate_from,
        if(has_rate, rates.found_to, toDecimal64(0, 8)) as rate_to,
        toLowCardinality(if(is_reporting or has_rate, {{ reporting }}, toString(money.currency))) as reporting_currency,
        multiIf(
            is_reporting,
            toDecimal128(1, 12),
            has_rate,
            toDecimal128(toDecimal256(rates.found_to, 30) / greatest(rates.found_from, toDecimal64('0.00000001', 8)), 12),
            toDecimal128(0, 12)
        ) as exchange_rate,
        multiIf(is_reporting, money.day, has_rate, rates.published_on, toDate(0)) as rate_day,
        toLowCardinality(multiIf(is_reporting, 'same currency', has_rate, toString(rates.found_source), '')) as rate_source
    from {{ relation }} as money
    asof left join (
        select
            toString(currency) as convertible,
            day as published_on,
            rate_from as found_from,
            rate_to as found_to,
            source as found_source
        from {{ ref('int_exchange_rates_paired') }}
    ) as rates on rates.convertible = money.currency and rates.published_on <= money.day
{%- endmacro %}
