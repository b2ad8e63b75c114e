package store

import (
	"context"

	"tidemark/models"
)

// Attention is what of a tenant a person should look at.
type Attention struct {
	Conflict   models.Conflict // the newest open one, without values; zero: none
	NearLimit  int64           // users who have used most of their storage, counted up to a bound
	Fullest    models.User     // of them
	FailedJobs int64
	Expiring   []models.APIKey
}

// AttentionQuery says what is near and what is recent.
type AttentionQuery struct {
	Head       models.Head
	UserBytes  int64 // a user with so many stored bytes is near the limit; 0: there is none
	KeysBefore int64 // keys that end before it (ms) do so soon
	JobsSince  int64 // jobs that failed before it (ms) are old news
}

const attentionUsers = 20_000 // users looked at

// Attention looks for what needs a person. It stays cheap however much a tenant keeps.
func (s *Store) Attention(ctx context.Context, q AttentionQuery) (a Attention, err error) {
	tenantID := q.Head.TenantID
	if a.Conflict, err = s.newestOpen(ctx, tenantID); err != nil {
		return a, err
	}
	if q.UserBytes > 0 && q.Head.Usage.Bytes >= q.UserBytes {
		if err = s.nearLimit(ctx, q, &a); err != nil {
			return a, err
		}
	}
	if a.Expiring, err = s.ExpiringKeys(ctx, tenantID, q.KeysBefore); err != nil {
		return a, err
	}
	err = s.read(ctx).Raw("SELECT COUNT(*) FROM jobs WHERE status = ? AND tenant_id = ? AND updated_at >= ?", string(models.JobFailed), tenantID, q.JobsSince).
		Row().Scan(&a.FailedJobs)
	return a, s.fault(err)
}

func (s *Store) newestOpen(ctx context.Context, tenantID string) (models.Conflict, error) {
	scan := func(row scanner, c *models.Conflict) error { return row.Scan(&c.ID, &c.Owner, &c.Collection, &c.Key) }
	found, err := scanAll(s.read(ctx), scan, "SELECT id, owner, collection, item_key FROM conflicts WHERE tenant_id = ? AND status = ? ORDER BY id DESC LIMIT 1",
		tenantID, string(models.ConflictOpen))
	if err != nil || len(found) == 0 {
		return models.Conflict{}, s.fault(err)
	}
	return found[0], nil
}

func (s *Store) nearLimit(ctx context.Context, q AttentionQuery, a *Attention) error {
	scan := func(row scanner, u *models.User) error { return row.Scan(&u.ID, &u.Bytes) }
	users, err := scanAll(s.read(ctx), scan, `SELECT user_id, bytes FROM (SELECT user_id, bytes FROM users WHERE tenant_id = ? ORDER BY user_id LIMIT ?) AS u
WHERE bytes >= ? ORDER BY bytes DESC LIMIT 1000`, q.Head.TenantID, attentionUsers, q.UserBytes)
	if err != nil || len(users) == 0 {
		return s.fault(err)
	}
	a.NearLimit, a.Fullest = int64(len(users)), users[0]
	return nil
}
