-- +goose Up
CREATE TABLE conflicts (
  id                 TEXT NOT NULL,
  tenant_id          TEXT NOT NULL,
  item_id            TEXT NOT NULL,
  owner              TEXT NOT NULL,
  collection         TEXT NOT NULL,
  item_key           TEXT NOT NULL,
  kind               TEXT NOT NULL,
  strategy           TEXT NOT NULL,
  status             TEXT NOT NULL,
  winner             TEXT NOT NULL,
  reason             TEXT NOT NULL,
  base_version       INTEGER NOT NULL,
  base_seq           INTEGER NOT NULL,
  base_value         BLOB,
  current_version    INTEGER NOT NULL,
  current_seq        INTEGER NOT NULL,
  current_value      BLOB,
  current_deleted    INTEGER NOT NULL DEFAULT 0,
  current_instance   TEXT NOT NULL,
  current_hlc        INTEGER NOT NULL,
  incoming_op        INTEGER NOT NULL DEFAULT 0,
  incoming_value     BLOB,
  incoming_metadata  BLOB,
  incoming_tags      BLOB,
  incoming_timestamp INTEGER NOT NULL,
  incoming_hlc       INTEGER NOT NULL,
  incoming_instance  TEXT NOT NULL,
  op_id              TEXT NOT NULL,
  result_seq         INTEGER NOT NULL,
  actor              TEXT NOT NULL,
  address            TEXT NOT NULL,
  request_id         TEXT NOT NULL,
  created_at         INTEGER NOT NULL,
  resolved_at        INTEGER NOT NULL,
  resolved_by        TEXT NOT NULL,
  version            INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conflicts_queue ON conflicts (tenant_id, status, id);
CREATE INDEX conflicts_item ON conflicts (tenant_id, item_id, id);

-- +goose Down
DROP TABLE conflicts;
