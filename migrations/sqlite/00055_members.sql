-- +goose Up
CREATE TABLE members (
  tenant_id  TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  account_id TEXT,
  role       TEXT NOT NULL,
  disabled   INTEGER NOT NULL DEFAULT 0,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX members_account ON members (account_id, tenant_id);

-- +goose Down
DROP TABLE members;
