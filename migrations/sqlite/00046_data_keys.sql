-- +goose Up
CREATE TABLE data_keys (
  id            INTEGER NOT NULL,
  sealed_secret BLOB NOT NULL,
  created_at    INTEGER NOT NULL,
  active_at     INTEGER NOT NULL,
  retired_at    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE data_keys;
