-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE reviews (
  conflict_id VARBINARY(26) NOT NULL,
  tenant_id   VARBINARY(26) NOT NULL,
  owner       VARBINARY(128) NOT NULL,
  collection  VARBINARY(64) NOT NULL,
  item_key    VARBINARY(512) NOT NULL,
  device      VARBINARY(128) NOT NULL,
  kind        VARBINARY(16) NOT NULL,
  severity    TINYINT NOT NULL,
  assignee    VARBINARY(160) NOT NULL,
  claimed_by  VARBINARY(160) NOT NULL,
  claimed_at  BIGINT NOT NULL,
  assist      VARBINARY(16) NOT NULL,
  assist_at   BIGINT NOT NULL,
  PRIMARY KEY (conflict_id),
  KEY reviews_age (tenant_id, conflict_id),
  KEY reviews_assignee (tenant_id, assignee, conflict_id),
  KEY reviews_assist (tenant_id, assist, conflict_id),
  KEY reviews_kind (tenant_id, kind, conflict_id),
  KEY reviews_severity (tenant_id, severity, conflict_id),
  KEY reviews_owner (tenant_id, owner, conflict_id),
  KEY reviews_device (tenant_id, device, conflict_id),
  KEY reviews_key (tenant_id, collection, item_key, conflict_id),
  KEY reviews_asking (assist_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE reviews;
