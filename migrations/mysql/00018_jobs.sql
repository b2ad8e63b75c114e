-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE jobs (
  id         VARBINARY(26) NOT NULL,
  tenant_id  VARBINARY(26) NOT NULL,
  kind       VARBINARY(32) NOT NULL,
  status     VARBINARY(16) NOT NULL,
  input      BLOB NULL,
  done       BIGINT NOT NULL DEFAULT 0,
  total      BIGINT NOT NULL DEFAULT 0,
  error      VARCHAR(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  actor      VARBINARY(160) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY jobs_open (status, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE jobs;
