-- +goose Up
CREATE TABLE tickets (
  hash       BLOB NOT NULL,
  tenant_id  TEXT NOT NULL,
  caller     BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_expiry ON tickets (expires_at);

-- +goose Down
DROP TABLE tickets;
