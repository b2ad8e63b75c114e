-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE api_keys (
  id           VARBINARY(26) NOT NULL,
  tenant_id    VARBINARY(26) NOT NULL,
  name         VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  hash         BINARY(32) NOT NULL,
  prefix       VARBINARY(64) NOT NULL,
  last4        VARBINARY(4) NOT NULL,
  user_id      VARBINARY(128) NOT NULL,
  active       TINYINT NOT NULL DEFAULT 1,
  can_read     TINYINT NOT NULL DEFAULT 1,
  can_write    TINYINT NOT NULL DEFAULT 1,
  scopes       BLOB NOT NULL,
  expires_at   BIGINT NOT NULL DEFAULT 0,
  revoked_at   BIGINT NOT NULL DEFAULT 0,
  last_used_at BIGINT NOT NULL DEFAULT 0,
  version      BIGINT NOT NULL DEFAULT 1,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY api_keys_hash (hash),
  KEY api_keys_tenant (tenant_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE api_keys;
