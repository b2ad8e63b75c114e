-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE audit_entries ADD COLUMN user_agent VARBINARY(512) NOT NULL DEFAULT '', ADD COLUMN door VARBINARY(16) NOT NULL DEFAULT '', ADD COLUMN chain_seq BIGINT NULL, ADD COLUMN hash VARBINARY(32) NULL, ADD UNIQUE KEY audit_chain (tenant_id, chain_seq);

-- +goose Down
ALTER TABLE audit_entries DROP KEY audit_chain, DROP COLUMN user_agent, DROP COLUMN door, DROP COLUMN chain_seq, DROP COLUMN hash;
