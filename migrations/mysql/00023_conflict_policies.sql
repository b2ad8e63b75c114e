-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE conflict_policies (
  id         VARBINARY(26) NOT NULL,
  tenant_id  VARBINARY(26) NOT NULL,
  collection VARBINARY(64) NOT NULL,
  pattern    VARBINARY(513) NOT NULL,
  path       VARBINARY(512) NOT NULL,
  strategy   VARBINARY(32) NOT NULL,
  fallback   VARBINARY(32) NOT NULL,
  kind       VARBINARY(16) NOT NULL,
  threshold  BIGINT NOT NULL,
  version    BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY conflict_policies_for (tenant_id, collection, pattern, path)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE conflict_policies;
