-- When Stripe was asked, by its clock: of the events feed, all that happened up to then is loaded. The time of the newest
-- event doesn't say so, for in a quiet account there is none for weeks.
ALTER TABLE raw_stripe.checkpoints ADD COLUMN IF NOT EXISTS asked_at DateTime64(3, 'UTC') DEFAULT finished_at AFTER finished_at;
