{{ attribute_events(ref('stg_events__events'), ref('int_visitors_resolved')) }}
