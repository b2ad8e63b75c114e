-- +goose Up
CREATE TABLE api_key_usage (
  tenant_id TEXT NOT NULL,
  key_id    TEXT NOT NULL,
  at        INTEGER NOT NULL,
  requests  INTEGER NOT NULL,
  read_ok   INTEGER NOT NULL,
  write_ok  INTEGER NOT NULL,
  refused   INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key_id, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_usage_at ON api_key_usage (at);

-- +goose Down
DROP TABLE api_key_usage;
