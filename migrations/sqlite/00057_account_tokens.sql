-- +goose Up
CREATE TABLE account_tokens (
  hash       BLOB NOT NULL,
  kind       TEXT NOT NULL,
  account_id TEXT NOT NULL,
  tenant_id  TEXT NOT NULL,
  email      TEXT NOT NULL,
  name       TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  role       TEXT NOT NULL,
  password_hash BLOB,
  actor      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_tokens_tenant ON account_tokens (tenant_id, kind);
CREATE INDEX account_tokens_email ON account_tokens (email, kind);
CREATE INDEX account_tokens_expiry ON account_tokens (expires_at);

-- +goose Down
DROP TABLE account_tokens;
