package console

import (
	"context"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/views/apikeys"
)

const (
	placeDays   = 30
	mostPlaces  = 8
	placesOther = "Other countries"
)

// keyPlaces are the countries that a key was used from in the last 30 days.
func (c *Console) keyPlaces(ctx context.Context, k *models.APIKey) (apikeys.Places, error) {
	if !c.opt.Access.Placed() {
		return apikeys.Places{None: true}, nil
	}
	now := clock.Millis(c.opt.Clock)
	rows, err := c.opt.Store.KeyCountries(ctx, k.TenantID, k.ID, now-now%day-(placeDays-1)*day)
	if err != nil {
		return apikeys.Places{}, err
	}
	var p apikeys.Places
	for i, r := range rows {
		p.All += r.Requests
		switch {
		case i < mostPlaces:
			p.Rows = append(p.Rows, apikeys.Place{Code: r.Code, Requests: r.Requests})
		case i == mostPlaces:
			p.Rows = append(p.Rows, apikeys.Place{Code: placesOther, Requests: r.Requests})
		default:
			p.Rows[mostPlaces].Requests += r.Requests
		}
	}
	return p, nil
}
