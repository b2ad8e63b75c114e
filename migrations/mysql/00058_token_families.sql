-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE token_families (
  id          VARBINARY(26) NOT NULL,
  tenant_id   VARBINARY(26) NOT NULL,
  account_id  VARBINARY(26) NOT NULL,
  user_id     VARBINARY(128) NOT NULL,
  instance_id VARBINARY(128) NOT NULL,
  generation  BIGINT NOT NULL,
  address     VARBINARY(64) NOT NULL,
  user_agent  VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at  BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  revoked_at  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY token_families_account (account_id),
  KEY token_families_tenant (tenant_id, user_id),
  KEY token_families_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE token_families;
