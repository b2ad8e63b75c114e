-- +goose Up
CREATE TABLE assistant_uses (
  tenant_id TEXT NOT NULL,
  day       INTEGER NOT NULL,
  requests  INTEGER NOT NULL,
  applied   INTEGER NOT NULL,
  suggested INTEGER NOT NULL,
  failed    INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, day)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE assistant_uses;
