package models_test

import (
	"testing"

	"tidemark/models"
)

func TestASecretIsOverdueOnceItHasStoodForMoreThanTheDays(t *testing.T) {
	t.Parallel()
	const day = 86_400_000
	for name, c := range map[string]struct {
		key  models.APIKey
		now  int64
		most int
		want int64
	}{
		"on the last day":  {models.APIKey{CreatedAt: day}, 91*day + day - 1, 90, 0},
		"a day later":      {models.APIKey{CreatedAt: day}, 92 * day, 90, 91},
		"rotated since":    {models.APIKey{CreatedAt: day, RotatedAt: 50 * day}, 92 * day, 90, 0},
		"revoked":          {models.APIKey{CreatedAt: day, RevokedAt: 5}, 92 * day, 90, 0},
		"where none is to": {models.APIKey{CreatedAt: day}, 9000 * day, 0, 0},
	} {
		if got := c.key.Overdue(c.now, c.most); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestEveryQuotaHasARow(t *testing.T) {
	t.Parallel()
	var q models.Quotas
	for i, f := range models.QuotaFields {
		f.Set(&q, int64(i+1))
		if f.Span != models.Spans[i] || q.Of(f.Span) != int64(i+1) || f.Get(q) != int64(i+1) {
			t.Errorf("%s: %+v", f.Field, q)
		}
	}
	if want := (models.Quotas{PerMinute: 1, PerHour: 2, PerDay: 3, PerMonth: 4}); q != want || q.Of("year") != 0 {
		t.Errorf("%+v", q)
	}
}
