-- +goose Up
CREATE TABLE api_key_requests (
  tenant_id  TEXT NOT NULL,
  key_id     TEXT NOT NULL,
  day        INTEGER NOT NULL,
  shape      TEXT NOT NULL,
  others     INTEGER NOT NULL,
  address    TEXT NOT NULL,
  country    TEXT NOT NULL,
  origin     TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  door       INTEGER NOT NULL,
  permission TEXT NOT NULL,
  all_users  INTEGER NOT NULL,
  code       TEXT NOT NULL,
  requests   INTEGER NOT NULL,
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, key_id, day, shape)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_requests_day ON api_key_requests (day);

-- +goose Down
DROP TABLE api_key_requests;
