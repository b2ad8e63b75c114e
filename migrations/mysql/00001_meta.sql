-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE meta (
  name  VARBINARY(64) NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE meta;
