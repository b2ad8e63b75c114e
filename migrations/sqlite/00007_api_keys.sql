-- +goose Up
CREATE TABLE api_keys (
  id           TEXT NOT NULL,
  tenant_id    TEXT NOT NULL,
  name         TEXT NOT NULL,
  hash         BLOB NOT NULL,
  prefix       TEXT NOT NULL,
  last4        TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  active       INTEGER NOT NULL DEFAULT 1,
  can_read     INTEGER NOT NULL DEFAULT 1,
  can_write    INTEGER NOT NULL DEFAULT 1,
  scopes       BLOB NOT NULL,
  expires_at   INTEGER NOT NULL DEFAULT 0,
  revoked_at   INTEGER NOT NULL DEFAULT 0,
  last_used_at INTEGER NOT NULL DEFAULT 0,
  version      INTEGER NOT NULL DEFAULT 1,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id);

-- +goose Down
DROP TABLE api_keys;
