-- +goose Up
CREATE TABLE audit_heads (
  tenant_id    TEXT NOT NULL,
  seq          INTEGER NOT NULL,
  hash         BLOB,
  older        INTEGER NOT NULL DEFAULT 0,
  older_hash   BLOB,
  older_cut    INTEGER NOT NULL DEFAULT 0,
  cut_seq      INTEGER NOT NULL DEFAULT 0,
  cut_hash     BLOB,
  suspect      INTEGER NOT NULL DEFAULT 0,
  mac          BLOB,
  PRIMARY KEY (tenant_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE audit_heads;
