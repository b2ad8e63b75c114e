-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE assistants (
  tenant_id     VARBINARY(26) NOT NULL,
  enabled       TINYINT NOT NULL,
  base_url      VARBINARY(2048) NOT NULL,
  model         VARBINARY(256) NOT NULL,
  sealed_secret BLOB,
  threshold     BIGINT NOT NULL,
  redacted      BLOB,
  daily         BIGINT NOT NULL,
  version       BIGINT NOT NULL DEFAULT 1,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (tenant_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE assistants;
