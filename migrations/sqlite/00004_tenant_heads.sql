-- +goose Up
CREATE TABLE tenant_heads (
  tenant_id TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  floor     INTEGER NOT NULL,
  compacted INTEGER NOT NULL DEFAULT 0,
  purges    INTEGER NOT NULL DEFAULT 0,
  epoch     TEXT NOT NULL,
  PRIMARY KEY (tenant_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE tenant_heads;
