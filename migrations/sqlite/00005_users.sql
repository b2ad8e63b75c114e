-- +goose Up
CREATE TABLE users (
  tenant_id  TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  bytes      INTEGER NOT NULL DEFAULT 0,
  items      INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE users;
