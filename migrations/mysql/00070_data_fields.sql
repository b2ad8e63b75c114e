-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE data_fields (
  tenant_id  VARBINARY(26) NOT NULL,
  table_id   VARBINARY(26) NOT NULL,
  id         VARBINARY(26) NOT NULL,
  place      INT NOT NULL,
  name       VARBINARY(64) NOT NULL,
  label      VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  help       VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  type       VARBINARY(64) NOT NULL,
  options    MEDIUMBLOB,
  required   TINYINT NOT NULL DEFAULT 0,
  is_unique  TINYINT NOT NULL DEFAULT 0,
  indexed    TINYINT NOT NULL DEFAULT 0,
  initial    MEDIUMBLOB,
  deprecated TINYINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, table_id, id),
  UNIQUE KEY data_fields_name (tenant_id, table_id, name),
  CONSTRAINT data_fields_table FOREIGN KEY (tenant_id, table_id) REFERENCES data_tables (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE data_fields;
