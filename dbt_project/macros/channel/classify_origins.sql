{#
  Statement with one row per origin that is known: see int_traffic_sources_classified, which is this of all sessions.
  `sessions`, `known`: relations of the sessions and of the seed traffic_sources.
#}
{% macro classify_origins(sessions, known) -%}
with origins as (
    select distinct lower(utm_source) as origin
    from {{ sessions }}
    where utm_source != ''

    union distinct

    select distinct
        concat(lower(domainWithoutWWW(referrer)), lower(extract(path(referrer), '^/[^/]+/[^/]+'))) as origin
    from {{ sessions }}
    -- A longer name is no host's, and 1,500 of them with all that lies below each would fill 3 GB.
    where referrer != '' and length(domain(referrer)) <= 253
),

known as (
    select * from {{ known }}
),

-- What an origin may be known as, the most telling first: with its path, as it is, under any country's ending, and as
-- a host below another.
candidates as (
    select
        origin,
        splitByChar('/', origin)[1] as host,
        splitByChar('.', host) as labels,
        concat(
            substring(host, 1, length(host) - length(cutToFirstSignificantSubdomain(host))),
            firstSignificantSubdomain(host),
            '.*'
        ) as host_of_any_country,
        toInt64(length(labels)) as depth,
        arrayMap(
            n -> arrayStringConcat(arraySlice(labels, n), '.'),
            range(greatest(2, depth + 1 - (select max(toInt64(length(splitByChar('.', name)))) from known)), depth)
        ) as parents,
        arrayConcat([origin, host, host_of_any_country], parents) as names,
        name,
        rank
    from origins
    array join names as name, arrayEnumerate(names) as rank
)

select
    candidates.origin as origin,
    argMin(known.source, candidates.rank) as source,
    argMin(known.category, candidates.rank) as category
from candidates
inner join known on known.name = candidates.name
where candidates.rank <= 3 or known.matches_subdomains
group by origin
{%- endmacro %}
