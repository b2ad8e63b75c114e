-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE data_counters (
  tenant_id VARBINARY(26) NOT NULL,
  table_id  VARBINARY(26) NOT NULL,
  field_id  VARBINARY(26) NOT NULL,
  counted   BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, table_id, field_id),
  CONSTRAINT data_counters_table FOREIGN KEY (tenant_id, table_id) REFERENCES data_tables (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE data_counters;
