{{ attribute_events(
    '(select * from ' ~ ref('stg_events__events') ~ ' where ' ~ is_of_somebody() ~ ')',
    ref('int_visitors_resolved')
) }}
