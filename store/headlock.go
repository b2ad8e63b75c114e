package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"

	"tidemark/models"
)

// HeadStands says whether a tenant's head is still where the caller saw it. It
// neither locks the head nor waits for whoever does.
func (t *CommitTx) HeadStands(seen models.Head) (bool, error) {
	rows, err := t.query(headSelect+" WHERE tenant_id = ? AND seq = ? AND purges = ? AND epoch = ? AND schema_version = ?", seen.TenantID, seen.Seq, seen.Purges, seen.Epoch, seen.Schema)
	if err != nil {
		return false, err
	}
	heads, err := scanHeads(rows)
	return len(heads) == 1, err
}

const myStatementTimeout = 1969

// AwaitHead waits for a tenant's head, at most for d, locks it and returns it;
// none when another still holds it. MySQL, which cannot be told how long, waits as long as LockHead.
func (t *CommitTx) AwaitHead(tenantID string, d time.Duration) ([]models.Head, error) {
	text := headSelect + " WHERE tenant_id = ?" + t.s.dialect.forUpdate
	if t.s.path == "" { // to MySQL, what MariaDB executes is a comment
		text = fmt.Sprintf("/*M! SET STATEMENT max_statement_time=%g FOR */ ", d.Seconds()) + text
	}
	h, err := scanHead(t.tx.QueryContext(t.ctx, text, tenantID))
	var my *mysql.MySQLError
	if errors.As(err, &my) && my.Number == myStatementTimeout {
		return nil, nil // the statement is undone, not the transaction
	}
	if err != nil {
		return nil, t.s.fault(err)
	}
	return []models.Head{h}, t.learn(h)
}
