-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE users (
  tenant_id  VARBINARY(26) NOT NULL,
  user_id    VARBINARY(128) NOT NULL,
  bytes      BIGINT NOT NULL DEFAULT 0,
  items      BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE users;
