-- +goose Up
CREATE TABLE tenant_heads (
  tenant_id      TEXT NOT NULL,
  seq            INTEGER NOT NULL,
  floor          INTEGER NOT NULL,
  compacted      INTEGER NOT NULL DEFAULT 0,
  purges         INTEGER NOT NULL DEFAULT 0,
  epoch          TEXT NOT NULL,
  items          INTEGER NOT NULL DEFAULT 0,
  bytes          INTEGER NOT NULL DEFAULT 0,
  users          INTEGER NOT NULL DEFAULT 0,
  max_items      INTEGER NOT NULL DEFAULT 0,
  max_bytes      INTEGER NOT NULL DEFAULT 0,
  max_user_bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE tenant_heads;
