-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_entries
BEGIN
  SELECT RAISE(ABORT, 'entries of the audit are only ever added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_entries
WHEN NOT EXISTS (SELECT 1 FROM audit_heads h WHERE h.tenant_id = OLD.tenant_id
  AND CASE WHEN OLD.chain_seq IS NULL THEN h.older_cut = 1 ELSE OLD.chain_seq <= h.cut_seq END)
BEGIN
  SELECT RAISE(ABORT, 'entries of the audit are only ever added');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER audit_no_delete;
DROP TRIGGER audit_no_update;
