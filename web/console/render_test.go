package console

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"tidemark/views/ui"
)

// A page whose time has run out meanwhile is shown: above all the one that says so.
func TestWhatWasReadInTimeIsShown(t *testing.T) {
	t.Parallel()
	app := fiber.New()
	app.Get("/", func(f *fiber.Ctx) error {
		ctx, cancel := context.WithCancel(f.UserContext())
		cancel()
		f.SetUserContext(ctx)
		return (&Console{}).render(f, ui.Toast(ui.ToastProps{Text: "The database cannot be reached."}))
	})
	res, err := app.Test(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), "cannot be reached") {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
}
