-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE members (
  tenant_id  VARBINARY(26) NOT NULL,
  user_id    VARBINARY(128) NOT NULL,
  account_id VARBINARY(26),
  role       VARBINARY(64) NOT NULL,
  disabled   TINYINT NOT NULL DEFAULT 0,
  version    BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, user_id),
  UNIQUE KEY members_account (account_id, tenant_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE members;
