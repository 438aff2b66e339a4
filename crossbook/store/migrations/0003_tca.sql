-- SPDX-License-Identifier: Apache-2.0
-- Schema version 3: performance tracking. Files in the field hold it: add a migration, never change this one.
--
-- Rows are appended and never changed. Each says its own scales: prices are counts of 10^-price_scale, quantities base
-- units of 10^-quantity_scale, values, fees and costs in 10^-(price_scale + quantity_scale) of the quote currency.
-- TEXT columns of counts hold whole numbers of up to 127 bits. Mids are doubled: bid plus ask. NULL is not known.

-- The consolidated book that a decision saw. A decision has the number of its first order.
CREATE TABLE tca_decisions (
  id INTEGER PRIMARY KEY,
  decision INTEGER NOT NULL UNIQUE,
  symbol TEXT NOT NULL,
  action INTEGER NOT NULL,            -- 0 buy, 1 sell
  steady_ns INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,             -- UTC since 1970
  price_scale INTEGER NOT NULL,
  quantity_scale INTEGER NOT NULL,
  quantity TEXT NOT NULL,
  bid INTEGER,
  ask INTEGER,
  home TEXT NOT NULL,                 -- empty: none
  contributors TEXT NOT NULL,         -- parted by blanks
  all_ready INTEGER NOT NULL          -- 1: every member of the book contributed
);

-- One match, and the consolidated top that stood then.
CREATE TABLE tca_fills (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  decision INTEGER NOT NULL,
  trade INTEGER NOT NULL,             -- the venue's number: 64 bits, the sign is the highest of them
  venue TEXT NOT NULL,
  role INTEGER NOT NULL,              -- 0 maker, 1 taker
  steady_ns INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  price_scale INTEGER NOT NULL,
  quantity_scale INTEGER NOT NULL,
  price INTEGER NOT NULL,
  quantity TEXT NOT NULL,
  fee TEXT NOT NULL,
  fee_rate_micro_bps INTEGER NOT NULL,
  bid INTEGER,
  ask INTEGER,
  UNIQUE (order_id, trade)
);

-- The mid that stood a horizon after a match. No row: the session ended before.
CREATE TABLE tca_markouts (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  trade INTEGER NOT NULL,
  horizon_ns INTEGER NOT NULL,
  price_scale INTEGER NOT NULL,
  mid INTEGER,
  UNIQUE (order_id, trade, horizon_ns)
);

-- One order at its end. The parts of its shortfall are twice their values; all of them are there, or none.
CREATE TABLE tca_orders (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL UNIQUE,
  decision INTEGER NOT NULL,
  venue TEXT NOT NULL,
  price_scale INTEGER NOT NULL,
  quantity_scale INTEGER NOT NULL,
  quantity TEXT NOT NULL,
  filled TEXT NOT NULL,
  sent_steady_ns INTEGER,
  sent_mid INTEGER,
  ended_steady_ns INTEGER NOT NULL,
  end_mid INTEGER,
  open INTEGER NOT NULL,              -- 1: the session ended before the order did
  delay TEXT,
  latency TEXT,
  spread TEXT,
  impact TEXT,
  fees TEXT,
  unfilled TEXT
);

-- What one venue alone would have done with the whole decision.
CREATE TABLE tca_references (
  id INTEGER PRIMARY KEY,
  decision INTEGER NOT NULL,
  venue TEXT NOT NULL,
  latency_ns INTEGER NOT NULL,
  fee_rate_micro_bps INTEGER NOT NULL,
  price_scale INTEGER NOT NULL,
  quantity_scale INTEGER NOT NULL,
  lot TEXT NOT NULL,
  min_quantity TEXT NOT NULL,
  min_notional TEXT NOT NULL,
  ready INTEGER NOT NULL,             -- 0: its book could not be used then
  quantity TEXT NOT NULL,
  value TEXT NOT NULL,
  fee TEXT NOT NULL,
  all_in TEXT,                        -- with the rest completed
  UNIQUE (decision, venue)
);

-- Levels that a reference saw, the nearest first; of an empty reference: that complete what was not filled.
CREATE TABLE tca_levels (
  id INTEGER PRIMARY KEY,
  decision INTEGER NOT NULL,
  reference TEXT NOT NULL,
  position INTEGER NOT NULL,
  venue TEXT NOT NULL,
  fee_rate_micro_bps INTEGER NOT NULL,
  price_scale INTEGER NOT NULL,
  quantity_scale INTEGER NOT NULL,
  price INTEGER NOT NULL,
  quantity TEXT NOT NULL,
  UNIQUE (decision, reference, position)
);

-- What a decision really cost, and how much better that is than each reference.
CREATE TABLE tca_improvements (
  id INTEGER PRIMARY KEY,
  decision INTEGER NOT NULL UNIQUE,
  price_scale INTEGER NOT NULL,
  quantity_scale INTEGER NOT NULL,
  filled TEXT NOT NULL,
  all_in TEXT,
  best_venue TEXT NOT NULL,
  best_single_bps REAL,
  home_bps REAL,
  average_bps REAL
);
