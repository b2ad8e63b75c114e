-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE revisions (
  id BIGINT NOT NULL,
  n  BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE revisions;
