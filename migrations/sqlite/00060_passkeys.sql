-- +goose Up
CREATE TABLE passkeys (
  id           BLOB NOT NULL,
  account_id   TEXT NOT NULL,
  name         TEXT NOT NULL,
  credential   BLOB NOT NULL,
  created_at   INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_account ON passkeys (account_id);

-- +goose Down
DROP TABLE passkeys;
