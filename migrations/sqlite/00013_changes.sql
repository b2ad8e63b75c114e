-- +goose Up
CREATE TABLE changes (
  tenant_id   TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  item_id     TEXT NOT NULL,
  owner       TEXT NOT NULL,
  collection  TEXT NOT NULL,
  item_key    TEXT NOT NULL,
  op          INTEGER NOT NULL DEFAULT 0,
  version     INTEGER NOT NULL,
  base        INTEGER NOT NULL,
  prev_seq    INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  value       BLOB,
  metadata    BLOB,
  timestamp   INTEGER NOT NULL,
  hlc         INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  compression TEXT NOT NULL,
  tags        BLOB,
  expires_at  INTEGER NOT NULL,
  priority    INTEGER NOT NULL,
  instance    TEXT NOT NULL,
  op_id       TEXT NOT NULL,
  client_op   INTEGER NOT NULL DEFAULT 0,
  tx          TEXT NOT NULL,
  tx_last     INTEGER NOT NULL DEFAULT 1,
  actor       TEXT NOT NULL,
  door        INTEGER NOT NULL DEFAULT 0,
  address     TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  UNIQUE (tenant_id, seq)
) STRICT; -- rows are appended by their rowid, which costs least
CREATE INDEX changes_owner ON changes (tenant_id, owner, seq);

-- +goose Down
DROP TABLE changes;
