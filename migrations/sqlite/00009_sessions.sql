-- +goose Up
CREATE TABLE sessions (
  token      TEXT NOT NULL,
  data       BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (token)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- +goose Down
DROP TABLE sessions;
