-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE audit_entries (
  id         VARBINARY(26) NOT NULL,
  tenant_id  VARBINARY(26) NOT NULL,
  actor      VARBINARY(160) NOT NULL,
  action     VARBINARY(64) NOT NULL,
  object     VARBINARY(640) NOT NULL,
  address    VARBINARY(64) NOT NULL,
  request_id VARBINARY(64) NOT NULL,
  at         BIGINT NOT NULL,
  detail     BLOB NULL,
  PRIMARY KEY (id),
  KEY audit_tenant (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE audit_entries;
