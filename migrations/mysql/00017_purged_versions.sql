-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE purged_versions (
  tenant_id VARBINARY(26) NOT NULL,
  bucket    BIGINT NOT NULL,
  version   BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, bucket)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE purged_versions;
