package console

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/models"
	"tidemark/views/ui"
)

// restrictionsTyped are the fields of restrictions as a form was sent.
func restrictionsTyped(f *fiber.Ctx) ui.Restrictions {
	of := func(name string) string { return strings.Join(linesOf(f.FormValue(name)), "\n") }
	return ui.Restrictions{IPs: of("ips"), Countries: of("countries"), Unplaced: f.FormValue("unplaced") != "", Domains: of("domains"), Agents: of("agents")}
}

// restrictionsOf reads such fields.
func restrictionsOf(v ui.Restrictions) models.Restrictions {
	return models.Restrictions{IPs: linesOf(v.IPs), Countries: linesOf(v.Countries), Unplaced: v.Unplaced, Domains: linesOf(v.Domains), UserAgents: linesOf(v.Agents)}
}

// restrictionValues are restrictions as they stand in such fields.
func restrictionValues(r models.Restrictions) ui.Restrictions {
	return ui.Restrictions{
		IPs: strings.Join(r.IPs, "\n"), Countries: strings.Join(r.Countries, "\n"), Unplaced: r.Unplaced,
		Domains: strings.Join(r.Domains, "\n"), Agents: strings.Join(r.UserAgents, "\n"),
	}
}

// restrictionFields are such fields as an undo sends them.
func restrictionFields(v ui.Restrictions) []ui.Hidden {
	out := []ui.Hidden{{Name: "ips", Value: v.IPs}, {Name: "countries", Value: v.Countries}, {Name: "domains", Value: v.Domains}, {Name: "agents", Value: v.Agents}}
	if v.Unplaced {
		out = append(out, ui.Hidden{Name: "unplaced", Value: "on"})
	}
	return out
}
