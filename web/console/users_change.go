package console

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/ui"
	"tidemark/views/users"
)

// userVerb is something that is done to a user.
type userVerb struct {
	title, text, button, told string
	danger                    bool
}

var userVerbs = map[string]userVerb{
	"role":    {title: "Change the role of %s", text: "It counts within a second, on open connections too.", button: "Save", told: "The role is changed."},
	"disable": {title: "Shut out %s", text: "No credential of theirs lets them in any more: no password, no token, no key bound to them, and no server on their behalf. Their items stay.", button: "Shut out", told: "They are shut out.", danger: true},
	"enable":  {title: "Let %s in again", text: "Their credentials are good again.", button: "Let in", told: "They are let in again."},
	"remove":  {title: "Remove %s", text: "They are no longer let into this tenant. Their items stay, and they can be taken back.", button: "Remove", told: "They are removed.", danger: true},
	"restore": {title: "Take %s back", text: "They are a user of this tenant again, as they were.", button: "Take back", told: "They are taken back."},
}

// userChange is a change as a form has it: the user as they would be.
type userChange struct {
	do   string
	verb userVerb
	now  models.Member
	next models.Member
}

func (c *Console) userChangeOf(f *fiber.Ctx) (userChange, error) {
	row, err := c.userNamed(f.UserContext(), visitOf(f).tenant.ID, f.FormValue("id"))
	if err != nil {
		return userChange{}, err
	}
	ch := userChange{do: f.FormValue("do"), now: row.Member, next: row.Member}
	var ok bool
	if ch.verb, ok = userVerbs[ch.do]; !ok {
		return ch, fault.New(fault.NotFound, "There is no such thing to do to a user.")
	}
	if ch.next.Version, err = versionOf(f); err != nil {
		return ch, err
	}
	switch ch.do {
	case "role":
		ch.next.Role = f.FormValue("role")
	case "disable":
		ch.next.Disabled = true
	case "enable":
		ch.next.Disabled = false
	case "remove":
		ch.next.DeletedAt = 1
	case "restore":
		ch.next.DeletedAt = 0
	}
	return ch, nil
}

func (c *Console) askChangeUser(f *fiber.Ctx) error {
	ch, err := c.userChangeOf(f)
	if err != nil {
		return err
	}
	if ch.next.Version != ch.now.Version {
		return c.lateUser(f, ch)
	}
	return c.userPreview(f, ch, users.ChangeProps{})
}

// userPreview shows what a change would do.
func (c *Console) userPreview(f *fiber.Ctx, ch userChange, p users.ChangeProps) error {
	roles, err := c.opt.Access.Roles(f.UserContext(), ch.now.TenantID)
	if err != nil {
		return err
	}
	e, err := c.opt.Access.EffectOf(f.UserContext(), access.Change{TenantID: ch.now.TenantID, Member: ch.next})
	if err != nil {
		return err
	}
	p.CSRF, p.Action, p.Cancel = c.token(f), usersOf(f)+"/user/change", userHref(f, ch.now.UserID)
	p.Title, p.Text, p.Button, p.Danger = aboutUser(ch.verb.title, ch.now.UserID), ch.verb.text, ch.verb.button, ch.verb.danger
	if ch.do == "role" {
		p.Text = "From " + orNone(roleTitle(roles, ch.now.Role)) + " to " + orNone(roleTitle(roles, ch.next.Role)) + ". " + p.Text
	}
	p.Fields = []ui.Hidden{{Name: "id", Value: ch.now.UserID}, {Name: "do", Value: ch.do}, {Name: "role", Value: ch.next.Role}, {Name: "version", Value: strconv.FormatInt(ch.now.Version, 10)}}
	p.Effect = c.effectWords(f, e)
	p.Effect.Names = nil
	return c.page(f, userPlace(f, "Change a user"), users.Change(p))
}

// lateUser shows a change again, with what was changed since it was opened.
func (c *Console) lateUser(f *fiber.Ctx, ch userChange) error {
	since, err := c.userAudit(f.UserContext(), ch.now, ch.next.Version)
	if err != nil {
		return err
	}
	p := users.ChangeProps{}
	for _, e := range since {
		p.Stale = append(p.Stale, isolated(e.Who)+": "+e.Facts)
	}
	if len(since) == 0 {
		p.Stale = []string{"What exactly is no longer among the newest entries of the audit."}
	}
	return c.userPreview(f.Status(http.StatusConflict), ch, p)
}

func (c *Console) changeUser(f *fiber.Ctx) error {
	ch, err := c.userChangeOf(f)
	if err != nil {
		return err
	}
	do := c.opt.Access.EditMember
	switch ch.do {
	case "remove":
		do = c.opt.Access.RemoveMember
	case "restore":
		do = c.opt.Access.RestoreMember
	}
	_, err = do(as(f), ch.next)
	switch fl := fault.From(err); fault.CodeOf(err) {
	case "":
		return c.done(f, userHref(f, ch.now.UserID), flash{Text: isolated(ch.now.UserID) + ": " + ch.verb.told})
	case fault.StaleEdit:
		return c.lateUser(f, ch)
	case fault.Invalid:
		p := users.ChangeProps{}
		for _, e := range fl.Fields {
			p.Error = "The role " + e.Message + "."
		}
		return c.userPreview(f.Status(http.StatusUnprocessableEntity), ch, p)
	default:
		return err
	}
}

func aboutUser(format, name string) string {
	return strings.Replace(format, "%s", isolated(name), 1)
}

func orNone(title string) string {
	if title == "" {
		return "no role"
	}
	return isolated(title)
}

// effectWords puts what a change would do into words.
func (c *Console) effectWords(f *fiber.Ctx, e access.Effect) users.Effect {
	out := users.Effect{Gains: e.Gains, Loses: e.Loses, Nothing: e.Nothing()}
	for _, m := range e.First {
		out.Names = append(out.Names, users.Link{Label: m.UserID, Href: userHref(f, m.UserID)})
	}
	out.More = e.Users - int64(len(e.First))
	if e.Users != 1 {
		out.Lines = append(out.Lines, ui.Count(e.Users, "user has", "users have")+" it.")
	}
	switch {
	case e.Out && e.Devices > 0:
		out.Lines = append(out.Lines, ui.Count(e.Devices, "connection of a device ends", "connections of devices end")+" within a second.")
	case e.Out:
		out.Lines = append(out.Lines, "No device of theirs is connected now.")
	case e.Devices > 0 && !e.Nothing():
		out.Lines = append(out.Lines, ui.Count(e.Devices, "connected device is", "connected devices are")+" held to it within a second.")
	}
	if len(e.Keys) > 0 {
		out.Lines = append(out.Lines, ui.Count(int64(len(e.Keys)), "API key bound to them changes", "API keys bound to them change")+" in what it may do.")
	}
	if !c.offers(f, fiber.MethodGet, tenantOf(visitOf(f).tenant).Href()+"/api-keys") {
		return out
	}
	for _, k := range e.Keys[:min(len(e.Keys), userKeys)] {
		out.Keys = append(out.Keys, users.KeyLine{
			Link:  users.Link{Label: k.Key.Name, Note: mask(&k.Key), Href: tenantOf(visitOf(f).tenant).Href() + "/api-keys/" + k.Key.ID},
			Gains: k.Gains, Loses: k.Loses,
		})
	}
	return out
}

// versionIn is the version that an entry of the audit made; 0 when it does not say.
func versionIn(e models.AuditEntry) int64 {
	var d struct{ Version int64 }
	if json.Unmarshal(e.Detail, &d) != nil {
		return 0
	}
	return d.Version
}
