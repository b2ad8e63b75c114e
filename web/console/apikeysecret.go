package console

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/views/apikeys"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

// A new secret of a key goes from the request that made it to the page that
// shows it in the session, sealed with a key that only the browser's cookie gives.
// The database knows no more of the cookie than a hash, so it cannot open what it
// holds; any node can, for whom the cookie is sent to. No URL and no log has it.
const (
	keySecret  = "secret"
	secretLife = 5 * time.Minute // between making a key and looking at its secret
)

type sealedSecret struct {
	Key    string
	At     int64
	Sealed []byte
}

// keepSecret holds a secret for the next page of this session; it takes the place of one nobody looked at.
func (c *Console) keepSecret(f *fiber.Ctx, id, secret string) error {
	box, err := secretBox(visitOf(f).token)
	if err != nil {
		return err
	}
	sealed := box.Seal(nil, nil, []byte(secret), []byte(id)) //nolint:gosec // the box draws a nonce of its own
	text, err := json.Marshal(sealedSecret{Key: id, At: clock.Millis(c.opt.Clock), Sealed: sealed})
	if err != nil {
		return err
	}
	c.sessions.Put(f.UserContext(), keySecret, string(text))
	return nil
}

// takeSecret gives the secret of a key that was just made, once; empty: there is none.
func (c *Console) takeSecret(f *fiber.Ctx, id string) string {
	var held sealedSecret
	if json.Unmarshal([]byte(c.sessions.GetString(f.UserContext(), keySecret)), &held) != nil || held.Key != id {
		return ""
	}
	c.sessions.Remove(f.UserContext(), keySecret)
	box, err := secretBox(visitOf(f).token)
	if err != nil || clock.Millis(c.opt.Clock)-held.At > secretLife.Milliseconds() {
		return ""
	}
	secret, err := box.Open(nil, nil, held.Sealed, []byte(id))
	if err != nil {
		return ""
	}
	return string(secret)
}

func secretBox(token string) (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("the secret of a new key"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (c *Console) apiKeySecret(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	base := keysBase(f) + "/" + k.ID
	secret := c.takeSecret(f, k.ID)
	if secret == "" {
		return c.done(f, base, flash{Text: "A secret is shown once, when it is made. If it was not stored, make another one.", Bad: true})
	}
	title := "Key created"
	if k.Rotation > 0 {
		title = "New secret"
	}
	return c.page(f, keyPlace(f, title, layout.Crumb{Label: k.Name, Href: base}), apikeys.Secret(apikeys.SecretProps{
		Title: title, Name: k.Name, Curl: keyCurl(f, &k), Secret: ui.SecretProps{
			ID: "secret", Label: "Secret of the key", Secret: secret, Save: base + "/secret", CSRF: c.token(f), Done: base,
			Fields: []ui.Hidden{{Name: "secret", Value: secret}},
		},
	}))
}

// saveAPIKeySecret answers the secret that the page has as a file. It knows it only from the page.
func (c *Console) saveAPIKeySecret(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	secret := f.FormValue("secret")
	if !access.Opens(k, secret) {
		return fault.New(fault.Invalid, "This is not the secret of this key.")
	}
	f.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	f.Set(fiber.HeaderContentDisposition, `attachment; filename="tidemark-`+visitOf(f).tenant.Slug+"-"+k.Last4+`.txt"`)
	return f.Status(http.StatusOK).SendString("# Tidemark API key “" + k.Name + "” of tenant " + visitOf(f).tenant.Slug + "\nTIDEMARK_API_KEY=" + secret + "\n")
}
