-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE data_tables (
  tenant_id  VARBINARY(26) NOT NULL,
  id         VARBINARY(26) NOT NULL,
  name       VARBINARY(64) NOT NULL,
  collection VARBINARY(64) NOT NULL,
  label      VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  about      VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  icon       VARBINARY(64) NOT NULL,
  lead       VARBINARY(64) NOT NULL,
  owned      TINYINT NOT NULL DEFAULT 0,
  revision   BIGINT NOT NULL,
  since      BIGINT NOT NULL,
  version    BIGINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL DEFAULT 0,
  trash      VARBINARY(26) NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  UNIQUE KEY data_tables_name (tenant_id, name, trash),
  UNIQUE KEY data_tables_collection (tenant_id, collection),
  CONSTRAINT data_tables_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE data_tables;
