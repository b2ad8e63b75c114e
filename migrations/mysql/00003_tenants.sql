-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE tenants (
  id             VARBINARY(26) NOT NULL,
  slug           VARBINARY(63) NOT NULL,
  name           VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  suspended      TINYINT NOT NULL DEFAULT 0,
  strategy       VARBINARY(32) NOT NULL,
  retention_days BIGINT NOT NULL DEFAULT 30,
  version        BIGINT NOT NULL DEFAULT 1,
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  deleted_at     BIGINT NOT NULL DEFAULT 0,
  delete_job     VARBINARY(26) NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  UNIQUE KEY tenants_slug (slug)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE tenants;
