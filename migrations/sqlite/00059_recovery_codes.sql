-- +goose Up
CREATE TABLE recovery_codes (
  account_id TEXT NOT NULL,
  hash       BLOB NOT NULL,
  PRIMARY KEY (account_id, hash)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE recovery_codes;
