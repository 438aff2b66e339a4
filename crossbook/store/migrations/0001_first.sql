-- SPDX-License-Identifier: Apache-2.0
-- Schema version 1. Files in the field hold it: add a migration, never change this one.

CREATE TABLE exchanges (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE markets (
  id INTEGER PRIMARY KEY,
  exchange INTEGER NOT NULL REFERENCES exchanges (id),
  symbol TEXT NOT NULL,
  UNIQUE (exchange, symbol)
);

-- One fill a row, in the order in which it was recorded. Rows are never changed.
CREATE TABLE executions (
  id INTEGER PRIMARY KEY,
  exchange INTEGER NOT NULL REFERENCES exchanges (id),
  market INTEGER NOT NULL REFERENCES markets (id),
  at_ns INTEGER NOT NULL,             -- UTC since 1970
  role INTEGER NOT NULL,              -- 0 maker, 1 taker
  trade_id TEXT,                      -- the venue's, or what stands for it; NULL: never compared
  order_id TEXT,
  price REAL NOT NULL,                -- as shown; nothing is computed from it
  notional INTEGER NOT NULL,          -- 1e-6 of the quote currency; 0: not known
  fee_micro_bps INTEGER,
  fee_rounding_micro_bps INTEGER NOT NULL,
  latency_ns INTEGER,
  order_to_ack_ns INTEGER,
  ack_to_fill_ns INTEGER,
  expected_fee_micro_bps INTEGER,
  expected_latency_ns INTEGER,
  apart_currency TEXT,                -- of a fee that has no rate
  apart_amount INTEGER                -- 1e-8 of that currency
);
CREATE UNIQUE INDEX executions_trade ON executions (exchange, trade_id) WHERE trade_id IS NOT NULL;

-- All slices of a calibrator as of execution `upto`: words of 8 bytes, the lowest byte first (Calibrator::state).
CREATE TABLE calibrations (
  lookback_ns INTEGER NOT NULL,
  min_samples INTEGER NOT NULL,
  upto INTEGER NOT NULL,
  words BLOB NOT NULL,
  PRIMARY KEY (lookback_ns, min_samples)
);

-- What a slice said when it was last summed up; outlives the calibrator's window.
CREATE TABLE history (
  exchange TEXT NOT NULL,
  from_ns INTEGER NOT NULL,
  length_ns INTEGER NOT NULL,
  maker_samples INTEGER NOT NULL,
  maker_median_bps REAL NOT NULL,
  maker_estimate_bps REAL NOT NULL,
  taker_samples INTEGER NOT NULL,
  taker_median_bps REAL NOT NULL,
  taker_estimate_bps REAL NOT NULL,
  latency_samples INTEGER NOT NULL,
  latency_mean_ns REAL NOT NULL,
  latency_p50_ns INTEGER NOT NULL,
  latency_p95_ns INTEGER NOT NULL,
  latency_p99_ns INTEGER NOT NULL,
  PRIMARY KEY (exchange, length_ns, from_ns)
);

CREATE TABLE schedules (
  exchange TEXT NOT NULL,
  products TEXT NOT NULL,
  volume_usd_min INTEGER NOT NULL,
  maker_micro_bps INTEGER NOT NULL,
  taker_micro_bps INTEGER NOT NULL,
  read_on TEXT NOT NULL,
  source TEXT NOT NULL,
  unverified INTEGER NOT NULL,
  PRIMARY KEY (exchange, products, volume_usd_min)
);
