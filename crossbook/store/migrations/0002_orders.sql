-- SPDX-License-Identifier: Apache-2.0
-- Schema version 2: orders. Files in the field hold it: add a migration, never change this one.

-- One order a row: what was decided, never changed, and where it stands now.
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,             -- our own number
  client TEXT NOT NULL,
  feed TEXT NOT NULL,
  raw_symbol TEXT NOT NULL,
  symbol TEXT NOT NULL,
  action INTEGER NOT NULL,            -- 0 buy, 1 sell
  type INTEGER NOT NULL,              -- 0 limit, 1 post_only, 2 ioc, 3 market
  price INTEGER NOT NULL,             -- 10^-price_scale
  price_scale INTEGER NOT NULL,
  quantity INTEGER NOT NULL,          -- 10^-quantity_scale
  quantity_scale INTEGER NOT NULL,
  watched INTEGER NOT NULL,           -- 0 the consolidated spread, 1 that of its own venue
  spread_max_micro_bps INTEGER,
  dwell_ns INTEGER NOT NULL,
  expires_at_ns INTEGER,              -- UTC since 1970, as are all of *_at_ns
  age_max_ns INTEGER,
  data_age_max_ns INTEGER,
  placed_at_ns INTEGER NOT NULL,
  state INTEGER NOT NULL,             -- of the last step: OrderState
  reason INTEGER NOT NULL,            -- OrderReason
  ended INTEGER NOT NULL              -- 1: state is an end state
);
CREATE INDEX orders_live ON orders (id) WHERE ended = 0;

-- Rows are never changed.
CREATE TABLE order_steps (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  at_ns INTEGER NOT NULL
);
CREATE INDEX order_steps_order ON order_steps (order_id, id);

-- One match a row, counts at the order's own scales. Rows are never changed.
CREATE TABLE order_executions (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  trade INTEGER NOT NULL,             -- the venue's number: 64 bits, the sign is the highest of them
  price INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  role INTEGER NOT NULL,              -- 0 maker, 1 taker
  fee TEXT NOT NULL,                  -- a whole number of 10^-(price_scale + quantity_scale) of the quote currency
  fee_rate_micro_bps INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  UNIQUE (order_id, trade)
);

-- Orders of the stand-alone face: the user's texts, and numbers as he gave them.
CREATE TABLE face_orders (
  id INTEGER PRIMARY KEY,             -- the order of first rows
  order_id TEXT NOT NULL UNIQUE,
  symbol TEXT NOT NULL,
  action INTEGER NOT NULL,
  order_type TEXT NOT NULL,
  price REAL NOT NULL,
  size REAL NOT NULL,
  filled REAL NOT NULL,
  spread_threshold_bps REAL NOT NULL,
  exchange TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  expires_at_ns INTEGER,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  reason_text TEXT NOT NULL,
  changed_at_ns INTEGER NOT NULL
);

CREATE TABLE face_order_metadata (
  order_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  key TEXT NOT NULL,
  kind INTEGER NOT NULL,              -- 0 none, 1 true or false, 2 a whole number, 3 a number, 4 a text
  value,
  PRIMARY KEY (order_id, position)
) WITHOUT ROWID;

-- Rows are never changed.
CREATE TABLE face_order_steps (
  id INTEGER PRIMARY KEY,
  order_id TEXT NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  reason_text TEXT NOT NULL,
  filled REAL NOT NULL,
  at_ns INTEGER NOT NULL
);
CREATE INDEX face_order_steps_order ON face_order_steps (order_id, id);
