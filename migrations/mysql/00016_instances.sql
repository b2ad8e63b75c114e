-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE instances (
  tenant_id     VARBINARY(26) NOT NULL,
  user_id       VARBINARY(128) NOT NULL,
  instance_id   VARBINARY(128) NOT NULL,
  mark          BIGINT NOT NULL,
  acks          TINYINT NOT NULL DEFAULT 0,
  platform      VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  user_agent    VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  address       VARBINARY(64) NOT NULL,
  door          TINYINT NOT NULL DEFAULT 0,
  clock_skew    TINYINT NOT NULL DEFAULT 0,
  node          VARBINARY(64) NOT NULL,
  conn_id       BIGINT NOT NULL,
  key_id        VARBINARY(26) NOT NULL DEFAULT '',
  connected_at  BIGINT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  last_seen_at  BIGINT NOT NULL,
  forgotten_at  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, user_id, instance_id),
  KEY instances_recent (tenant_id, forgotten_at, connected_at, user_id, instance_id, conn_id),
  KEY instances_behind (tenant_id, forgotten_at, mark, user_id, instance_id, conn_id),
  KEY instances_key (tenant_id, key_id, conn_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE instances;
