-- What Stripe says, as it said it. Rows are appended and never merged: staging takes the newest version of an object, and
-- the older ones are its history. `object` is Stripe's JSON, so a field nobody reads today is there when somebody does.
-- version_at says when this state was true: the time of the request that listed or retrieved it, of an event its creation.
-- fsync_* make an answered insert survive a power cut: the checkpoint of a window is stored with the window's rows.
CREATE DATABASE IF NOT EXISTS raw_stripe;

CREATE TABLE IF NOT EXISTS raw_stripe.customers
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.products
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.prices
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.coupons
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.subscriptions
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.subscription_schedules
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.invoices
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.credit_notes
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.charges
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.refunds
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.disputes
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.payment_intents
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.checkout_sessions
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.balance_transactions
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS raw_stripe.payouts
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id, version_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Every event, from the feed and from webhooks: the same id may be here from both, and more than once from either.
CREATE TABLE IF NOT EXISTS raw_stripe.events
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    id String,
    created DateTime64(3, 'UTC'),
    version_at DateTime64(3, 'UTC'),
    is_deleted Bool,
    object String,
    type LowCardinality(String),
    object_type LowCardinality(String),
    object_id String,
    origin LowCardinality(String),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, object_type, object_id, version_at, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Which balance transactions a payout paid out: Stripe tells it in a list, not on the object.
CREATE TABLE IF NOT EXISTS raw_stripe.payout_transactions
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    payout_id String,
    balance_transaction_id String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, payout_id, balance_transaction_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- How far each object is loaded: the place to go on from. A list is read from its newest object back; while `cursor` is a
-- number (Unix seconds), what was created up to then is still to come. Stored after the rows it vouches for.
CREATE TABLE IF NOT EXISTS raw_stripe.checkpoints
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    object LowCardinality(String),
    window_end DateTime64(3, 'UTC'),
    cursor String,
    finished_at DateTime64(3, 'UTC'),
    rows UInt64,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, object, window_end)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What usage is planned to be reported to Stripe's meters (reported_at 1970), and again when it was. A day's value is the
-- sum of its revisions, each a difference.
CREATE TABLE IF NOT EXISTS raw_stripe.meter_events
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    customer_id String,
    meter LowCardinality(String),
    day Date,
    revision UInt32,
    value Int64,
    identifier String,
    reported_at DateTime64(3, 'UTC'),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, meter, customer_id, day, revision)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One euro in other currencies, as of a day. Days without trade have no row: the last one before them holds.
CREATE DATABASE IF NOT EXISTS raw_rates;

CREATE TABLE IF NOT EXISTS raw_rates.exchange_rates
(
    day Date,
    base LowCardinality(String),
    currency LowCardinality(String),
    rate Decimal(18, 8),
    source String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY (base, currency, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The connections of the control database, without their secrets.
CREATE TABLE IF NOT EXISTS raw_control.stripe_connections
(
    site_id String,
    org_id String,
    livemode Bool,
    created_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (org_id, site_id);
