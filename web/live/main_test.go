package live_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"
)

// tests are all tests, and the connections they kept open.
type tests struct{ *testing.M }

func (t tests) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	return t.M.Run()
}

// TestMain holds the tests to leaving no goroutine behind; two of fasthttp's sleep on by themselves.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(tests{m},
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}
