-- +goose Up
CREATE TABLE assistants (
  tenant_id     TEXT NOT NULL,
  enabled       INTEGER NOT NULL,
  base_url      TEXT NOT NULL,
  model         TEXT NOT NULL,
  sealed_secret BLOB,
  threshold     INTEGER NOT NULL,
  redacted      BLOB,
  daily         INTEGER NOT NULL,
  version       INTEGER NOT NULL DEFAULT 1,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (tenant_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE assistants;
