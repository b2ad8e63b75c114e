-- +goose Up
CREATE TABLE api_key_quota (
  tenant_id TEXT NOT NULL,
  key_id    TEXT NOT NULL,
  span      TEXT NOT NULL,
  began     INTEGER NOT NULL,
  used      INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key_id, span)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE api_key_quota;
