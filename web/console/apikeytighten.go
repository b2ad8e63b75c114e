package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/apikeys"
	"tidemark/views/layout"
)

const lostShown = 50 // kinds of requests that would have been refused

// proposals proposes restrictions by what a key was used for.
func (c *Console) proposals(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	if k.RevokedAt != 0 {
		return c.tooLate(f, k)
	}
	log, err := c.opt.Access.KeyLog(f.UserContext(), k)
	if err != nil {
		return err
	}
	next, p := k, apikeys.TightenProps{}
	for _, one := range c.opt.Access.Propose(f.UserContext(), k, log) {
		p.Proposals = append(p.Proposals, proposed(one))
		if one.Why == "" {
			next = one.Apply(next)
		}
	}
	if p.Run, err = c.pastRun(f.UserContext(), next, log); err != nil {
		return err
	}
	return c.tightenPage(f, k, p)
}

func (c *Console) tightenPage(f *fiber.Ctx, k models.APIKey, p apikeys.TightenProps) error {
	p.CSRF, p.Base, p.Name, p.Now = c.token(f), keysBase(f)+"/"+k.ID, k.Name, c.opt.Clock.Now().UnixMilli()
	p.Version = strconv.FormatInt(k.Version, 10)
	return c.page(f, keyPlace(f, "Tighten by use", layout.Crumb{Label: k.Name, Href: p.Base}), apikeys.Tighten(p))
}

func proposed(p access.Proposal) apikeys.Proposal {
	return apikeys.Proposal{
		Kind: string(p.Kind), Text: strings.Join(p.Entries, "\n"), Taken: p.Why == "", Unplaced: p.Unplaced, Read: p.Read, Write: p.Write, Why: p.Why,
	}
}

// tighten shows what a key would have refused as it was put together, or saves it so.
func (c *Console) tighten(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	log, err := c.opt.Access.KeyLog(f.UserContext(), k)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(f.FormValue("version"), 10, 64)
	if err != nil {
		return fault.New(fault.Malformed, "The form is not complete. Open it again.")
	}
	next, p := k, apikeys.TightenProps{}
	for _, one := range c.opt.Access.Propose(f.UserContext(), k, log) {
		row := proposed(one)
		if one = proposalTyped(f, one.Kind, &row); row.Taken {
			next = one.Apply(next)
		}
		p.Proposals = append(p.Proposals, row)
	}
	p.Run, err = c.pastRun(f.UserContext(), next, log)
	seen, _ := strconv.ParseInt(f.FormValue("seen"), 10, 64) // nothing seen is none
	save := f.FormValue("do") == "save"
	if next.Version = version; err == nil && save && p.Run.Lost <= seen {
		_, err = c.opt.Access.EditKey(as(f), next)
	} else if err == nil {
		p.Unsaved = save
		k.Version = version
		return c.tightenPage(f, k, p)
	}
	switch fault.CodeOf(err) {
	case "":
		return c.done(f, keysBase(f)+"/"+k.ID, flash{Text: "The key was saved. Live connections are held to it at once."})
	case fault.Invalid:
		p.Errors, k.Version = keyErrors(err), version
		return c.tightenPage(f.Status(http.StatusUnprocessableEntity), k, p)
	case fault.Revoked:
		return c.tooLate(f, k)
	case fault.StaleEdit:
		if p.Clash, err = c.keyChangedBy(f, k); err != nil {
			return err
		}
		return c.tightenPage(f.Status(http.StatusConflict), k, p)
	default:
		return err
	}
}

// proposalTyped is a proposal as the form has it.
func proposalTyped(f *fiber.Ctx, kind access.Kind, row *apikeys.Proposal) access.Proposal {
	name := string(kind)
	row.Taken = f.FormValue("take-"+name) != ""
	if !row.Taken {
		return access.Proposal{Kind: kind}
	}
	row.Text, row.Unplaced = f.FormValue(name), f.FormValue("unplaced") != ""
	row.Read, row.Write = f.FormValue("read") != "", f.FormValue("write") != ""
	return access.Proposal{Kind: kind, Entries: linesOf(row.Text), Unplaced: row.Unplaced, Read: row.Read, Write: row.Write}
}

func (c *Console) pastRun(ctx context.Context, k models.APIKey, log access.KeyLog) (apikeys.DryRun, error) {
	d, err := c.opt.Access.DryRun(ctx, k, log)
	out := apikeys.DryRun{Good: d.Good, Lost: d.Lost, Bad: d.Bad, Still: d.Still, Unknown: d.Unknown}
	for _, r := range d.Refused[:min(len(d.Refused), lostShown)] {
		row := loggedOf(&r.KeyRequest, "")
		row.Code = string(r.Why)
		out.Rows = append(out.Rows, row)
	}
	out.More = len(d.Refused) - len(out.Rows)
	return out, err
}
