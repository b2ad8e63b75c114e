-- +goose Up
CREATE TABLE token_families (
  id          TEXT NOT NULL,
  tenant_id   TEXT NOT NULL,
  account_id  TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  generation  INTEGER NOT NULL,
  address     TEXT NOT NULL,
  user_agent  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  revoked_at  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_families_account ON token_families (account_id);
CREATE INDEX token_families_tenant ON token_families (tenant_id, user_id);
CREATE INDEX token_families_expiry ON token_families (expires_at);

-- +goose Down
DROP TABLE token_families;
