{{ delimit_sessions(ref('stg_events__events')) }}
