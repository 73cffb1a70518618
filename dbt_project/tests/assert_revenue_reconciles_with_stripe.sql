-- What we count is what Stripe booked and paid out, to the cent; where it is not, differing_ids names what differs.
select *
from {{ ref('rpt_stripe_reconciliation') }}
where difference != 0 or notEmpty(differing_ids)
