-- +goose Up
CREATE TABLE policy_dismissals (
  tenant_id  TEXT NOT NULL,
  offer      TEXT NOT NULL,
  actor      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, offer)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE policy_dismissals;
