package engine

import (
	"cmp"

	"tidemark/internal/fault"
	"tidemark/models"
)

// MaxUserBytes is what each user may store of a tenant that has no such limit of its own; 0: no limit.
func (e *Engine) MaxUserBytes() int64 { return e.limits.MaxUserBytes }

// account keeps the usage of the user and of the tenant exact; a write that does not grow always passes.
func (l *ledger) account(it, next *models.Item) error {
	u, grow, more := l.user(next.Owner), next.Size-it.Size, int64(0)
	was := it.ID != "" && !it.Deleted
	switch {
	case was && next.Deleted:
		more = -1
	case !was && !next.Deleted:
		more = 1
	}
	if err := l.room(u, grow, more); err != nil {
		return err
	}
	if grow == 0 && more == 0 && u.CreatedAt != 0 {
		return nil
	}
	after := *u
	after.Bytes += grow
	after.Items += more
	l.usage.Bytes += grow
	l.usage.Items += more
	if after.CreatedAt == 0 {
		after.CreatedAt = l.now
		l.usage.Users++
	}
	l.users[after.ID] = &after
	return nil
}

// room refuses what would grow beyond a limit, as the limits stand under the head's lock.
func (l *ledger) room(u *models.User, grow, more int64) error {
	most := l.head.Limits
	if limit := cmp.Or(most.UserBytes, l.e.limits.MaxUserBytes); u.ID != models.Everyone && over(u.Bytes, grow, limit) {
		l.short[u.ID] = true
		return full("This user's storage is full: %d of %d bytes are taken.", u.Bytes, limit)
	}
	if over(l.usage.Bytes, grow, most.Bytes) {
		l.full = true
		return full("The tenant's storage is full: %d of %d bytes are taken.", l.usage.Bytes, most.Bytes)
	}
	if over(l.usage.Items, more, most.Items) {
		l.full = true
		return full("The tenant is full: it has %d of %d items.", l.usage.Items, most.Items)
	}
	return nil
}

func over(used, grow, limit int64) bool { return limit > 0 && grow > 0 && used+grow > limit }

func full(sentence string, used, limit int64) error {
	return fault.New(fault.StorageQuotaExceeded, sentence, used, limit).With("used", used).With("limit", limit)
}

func (l *ledger) user(id string) *models.User {
	if u := l.users[id]; u != nil {
		return u
	}
	if u := l.cached.users[id]; u != nil {
		return u
	}
	return &models.User{TenantID: l.head.TenantID, ID: id}
}
