-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE data_revisions (
  tenant_id      VARBINARY(26) NOT NULL,
  table_id       VARBINARY(26) NOT NULL,
  revision       BIGINT NOT NULL,
  schema_version BIGINT NOT NULL,
  fields         MEDIUMBLOB NOT NULL,
  steps          MEDIUMBLOB NOT NULL,
  note           VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  actor          VARBINARY(200) NOT NULL,
  at             BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, table_id, revision),
  CONSTRAINT data_revisions_table FOREIGN KEY (tenant_id, table_id) REFERENCES data_tables (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE data_revisions;
