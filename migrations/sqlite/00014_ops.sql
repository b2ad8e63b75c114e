-- +goose Up
CREATE TABLE ops (
  tenant_id    TEXT NOT NULL,
  user_id      TEXT NOT NULL,
  sender       TEXT NOT NULL,
  op_id        TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  outcome      BLOB NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id, sender, op_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ops_at ON ops (at);

-- +goose Down
DROP TABLE ops;
