-- +goose Up
CREATE TABLE reviews (
  conflict_id TEXT NOT NULL,
  tenant_id   TEXT NOT NULL,
  owner       TEXT NOT NULL,
  collection  TEXT NOT NULL,
  item_key    TEXT NOT NULL,
  device      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  severity    INTEGER NOT NULL,
  assignee    TEXT NOT NULL,
  claimed_by  TEXT NOT NULL,
  claimed_at  INTEGER NOT NULL,
  assist      TEXT NOT NULL,
  assist_at   INTEGER NOT NULL,
  PRIMARY KEY (conflict_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reviews_age ON reviews (tenant_id, conflict_id);
CREATE INDEX reviews_assignee ON reviews (tenant_id, assignee, conflict_id);
CREATE INDEX reviews_assist ON reviews (tenant_id, assist, conflict_id);
CREATE INDEX reviews_kind ON reviews (tenant_id, kind, conflict_id);
CREATE INDEX reviews_severity ON reviews (tenant_id, severity, conflict_id);
CREATE INDEX reviews_owner ON reviews (tenant_id, owner, conflict_id);
CREATE INDEX reviews_device ON reviews (tenant_id, device, conflict_id);
CREATE INDEX reviews_key ON reviews (tenant_id, collection, item_key, conflict_id);
CREATE INDEX reviews_asking ON reviews (assist_at);

-- +goose Down
DROP TABLE reviews;
