-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE jobs (
  id          VARBINARY(26) NOT NULL,
  tenant_id   VARBINARY(26) NOT NULL,
  kind        VARBINARY(32) NOT NULL,
  status      VARBINARY(16) NOT NULL,
  input       MEDIUMBLOB NULL,
  state       MEDIUMBLOB NULL,
  done        BIGINT NOT NULL DEFAULT 0,
  total       BIGINT NOT NULL DEFAULT 0,
  failed      BIGINT NOT NULL DEFAULT 0,
  error       VARCHAR(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  actor       VARBINARY(160) NOT NULL,
  stopping    TINYINT NOT NULL DEFAULT 0,
  node        VARBINARY(128) NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY jobs_open (status, id),
  KEY jobs_tenant (tenant_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE job_errors (
  job_id    VARBINARY(26) NOT NULL,
  n         BIGINT NOT NULL,
  tenant_id VARBINARY(26) NOT NULL,
  place     VARBINARY(64) NOT NULL,
  owner     VARBINARY(128) NOT NULL,
  item_key  VARBINARY(512) NOT NULL,
  reason    VARCHAR(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (job_id, n)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE job_parts (
  job_id    VARBINARY(26) NOT NULL,
  n         BIGINT NOT NULL,
  tenant_id VARBINARY(26) NOT NULL,
  body      MEDIUMBLOB NOT NULL,
  PRIMARY KEY (job_id, n)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE job_parts;
DROP TABLE job_errors;
DROP TABLE jobs;
