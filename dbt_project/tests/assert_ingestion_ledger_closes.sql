-- Nothing vanishes: what was received in an hour was counted, a bot's, a duplicate or rejected.
select *
from {{ ref('rpt_ingestion_ledger') }}
where received != counted + bots + duplicates + rejected
