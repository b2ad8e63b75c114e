-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE roles (
  tenant_id  VARBINARY(26) NOT NULL,
  name       VARBINARY(64) NOT NULL,
  title      VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  grants     MEDIUMBLOB NOT NULL,
  fields     MEDIUMBLOB NOT NULL,
  mfa        TINYINT NOT NULL DEFAULT 0,
  version    BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE roles;
