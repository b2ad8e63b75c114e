-- +goose Up
CREATE TABLE items (
  id           TEXT NOT NULL,
  tenant_id    TEXT NOT NULL,
  owner        TEXT NOT NULL,
  collection   TEXT NOT NULL,
  item_key     TEXT NOT NULL,
  value        BLOB,
  metadata     BLOB,
  version      INTEGER NOT NULL,
  timestamp    INTEGER NOT NULL,
  hlc          INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  instance     TEXT NOT NULL,
  deleted      INTEGER NOT NULL DEFAULT 0,
  size         INTEGER NOT NULL,
  compression  TEXT NOT NULL,
  tags         BLOB,
  expires_at   INTEGER,
  priority     INTEGER NOT NULL,
  modified_at  INTEGER NOT NULL,
  run_user     TEXT NOT NULL,
  run_instance TEXT NOT NULL,
  run_base     INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, owner, collection, item_key)
) STRICT, WITHOUT ROWID;
-- Each write of an item would also dirty a page of every full index, and so double what is committed.
CREATE INDEX items_user_instance ON items (tenant_id, owner, instance) WHERE instance <> '';
CREATE INDEX items_timestamp ON items (tenant_id, timestamp) WHERE deleted = 1;
CREATE INDEX items_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX items_priority ON items (tenant_id, owner, priority) WHERE priority <> 0;

-- +goose Down
DROP TABLE items;
