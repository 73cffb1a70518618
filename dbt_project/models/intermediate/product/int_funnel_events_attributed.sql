{{ attribute_events(ref('int_funnel_events'), ref('int_visitors_resolved')) }}
