-- +goose Up
CREATE TABLE instances (
  tenant_id     TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  instance_id   TEXT NOT NULL,
  mark          INTEGER NOT NULL,
  acks          INTEGER NOT NULL DEFAULT 0,
  platform      TEXT NOT NULL,
  user_agent    TEXT NOT NULL,
  address       TEXT NOT NULL,
  door          INTEGER NOT NULL DEFAULT 0,
  clock_skew    INTEGER NOT NULL DEFAULT 0,
  node          TEXT NOT NULL,
  conn_id       INTEGER NOT NULL,
  key_id        TEXT NOT NULL DEFAULT '',
  connected_at  INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  forgotten_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, user_id, instance_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX instances_recent ON instances (tenant_id, forgotten_at, connected_at, user_id, instance_id, conn_id);
CREATE INDEX instances_behind ON instances (tenant_id, forgotten_at, mark, user_id, instance_id, conn_id);
CREATE INDEX instances_key ON instances (tenant_id, key_id, conn_id);

-- +goose Down
DROP TABLE instances;
