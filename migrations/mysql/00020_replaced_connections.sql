-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE replaced_connections (
  node    VARBINARY(64) NOT NULL,
  conn_id BIGINT NOT NULL,
  code    VARBINARY(32) NOT NULL DEFAULT '',
  at      BIGINT NOT NULL,
  PRIMARY KEY (node, conn_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE replaced_connections;
