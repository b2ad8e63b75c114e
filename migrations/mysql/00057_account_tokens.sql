-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE account_tokens (
  hash       VARBINARY(32) NOT NULL,
  kind       VARBINARY(32) NOT NULL,
  account_id VARBINARY(26) NOT NULL,
  tenant_id  VARBINARY(26) NOT NULL,
  email      VARBINARY(254) NOT NULL,
  name       VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  user_id    VARBINARY(128) NOT NULL,
  role       VARBINARY(64) NOT NULL,
  password_hash VARBINARY(255),
  actor      VARBINARY(160) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (hash),
  KEY account_tokens_tenant (tenant_id, kind),
  KEY account_tokens_email (email, kind),
  KEY account_tokens_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE account_tokens;
