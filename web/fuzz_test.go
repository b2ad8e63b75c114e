package web

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// document is as much of an OpenAPI document as requests are drawn from.
type document struct {
	Paths      map[string]map[string]described
	Components struct{ Schemas map[string]bodySchema }
}

type described struct {
	OperationID string
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   bodySchema
	}
	RequestBody *struct {
		Content map[string]struct{ Schema bodySchema }
	}
}

type bodySchema struct {
	Ref        string `json:"$ref"`
	Type       any
	Enum       []any
	Items      *bodySchema
	Properties map[string]bodySchema
	Required   []string
}

// fuzzer draws requests from the document: mostly what it describes, sometimes what it does not.
type fuzzer struct {
	r   *rand.Rand
	doc document
	ids []string // seen in answers
}

var odd = []any{
	nil, true, -1, 0, 9007199254740993.0, 1e308, "", " ", "a", "*", "../../etc/passwd", "' OR 1=1 --", "<script>alert(1)</script>", "\u0000", "\u202e", "ä\u0301", "%2F", "%00",
	strings.Repeat("x", 3000),
	[]any{},
	[]any{nil},
	map[string]any{},
	map[string]any{"$ref": "x"},
	"2026-02-30T25:61:61Z", "read", "items:read", "members:write", "9999-12-31T23:59:59Z",
}

func (f *fuzzer) oddly(n int) bool { return f.r.IntN(n) == 0 }

func (f *fuzzer) value(s bodySchema, depth int) any {
	if f.oddly(12) || depth > 6 {
		return odd[f.r.IntN(len(odd))]
	}
	if s.Ref != "" {
		return f.value(f.doc.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]], depth+1)
	}
	if len(s.Enum) > 0 {
		return s.Enum[f.r.IntN(len(s.Enum))]
	}
	switch kind := s.Type.(type) {
	case []any:
		return f.value(bodySchema{Type: kind[0], Items: s.Items, Properties: s.Properties, Required: s.Required}, depth)
	case string:
		return f.typed(kind, s, depth)
	}
	return odd[f.r.IntN(len(odd))]
}

func (f *fuzzer) typed(kind string, s bodySchema, depth int) any {
	switch kind {
	case "object":
		out := map[string]any{}
		for name, p := range s.Properties {
			if name != "$schema" && (slices.Contains(s.Required, name) && !f.oddly(20) || f.r.IntN(2) == 0) {
				out[name] = f.value(p, depth+1)
			}
		}
		if f.oddly(25) {
			out["unknown"] = 1
		}
		return out
	case "array":
		out := []any{}
		for range f.r.IntN(4) {
			if s.Items != nil {
				out = append(out, f.value(*s.Items, depth+1))
			}
		}
		return out
	case "integer":
		return f.r.IntN(200) - 20
	case "number":
		return f.r.Float64()
	case "boolean":
		return f.r.IntN(2) == 0
	}
	return f.word()
}

func (f *fuzzer) word() string {
	if len(f.ids) > 0 && f.r.IntN(2) == 0 {
		return f.ids[f.r.IntN(len(f.ids))]
	}
	return []string{"a", "orders/7", "ann", "storage", "set", "remove", "LAST_WRITE_WINS", "items:read", "clerk", "x y/z", "ann@example.com", "member"}[f.r.IntN(12)]
}

func (f *fuzzer) text(s bodySchema) string {
	v := f.value(s, 0)
	if t, ok := v.(string); ok {
		return t
	}
	return strings.Trim(fmt.Sprint(v), "[]{}")
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// request draws one: method, path with its query, body and headers.
func (f *fuzzer) request(path, method string, o described) (target, body string, headers []string) {
	escape := func(s string) string {
		return strings.NewReplacer("%", "%25", "/", "%2F", " ", "%20", "?", "%3F", "#", "%23", "\x00", "%00", "&", "%26", "+", "%2B").Replace(s)
	}
	target = placeholder.ReplaceAllStringFunc(path, func(string) string { return escape(f.text(bodySchema{Type: "string"})) })
	var asked []string
	for _, p := range o.Parameters {
		if p.In == "path" || !p.Required && f.r.IntN(3) > 0 {
			continue
		}
		v := f.text(p.Schema)
		switch {
		case p.In == "query":
			asked = append(asked, p.Name+"="+escape(v))
		case p.Name == "If-Match" && !f.oddly(8):
			headers = append(headers, fmt.Sprintf(`If-Match: "%d"`, f.r.IntN(4)))
		case !strings.ContainsAny(v, "\x00\r\n\u202e") && len(v) < 1000:
			headers = append(headers, p.Name+": "+v)
		}
	}
	if asked != nil {
		target += "?" + strings.Join(asked, "&")
	}
	if o.RequestBody != nil || f.oddly(40) {
		var s bodySchema
		if o.RequestBody != nil {
			s = o.RequestBody.Content["application/json"].Schema
		}
		b, _ := json.Marshal(f.value(s, 0))
		if body = string(b); f.oddly(30) {
			body = body[:f.r.IntN(len(body)+1)]
		}
	}
	_ = method
	return target, body, headers
}

// learn keeps ids that answers tell, so that later requests meet what is there.
func (f *fuzzer) learn(body []byte) {
	for _, m := range regexp.MustCompile(`"(?:id|conflictId|nextPage|cursor|key|name)":"([^"\\]{1,200})"`).FindAllSubmatch(body, 5) {
		if f.ids = append(f.ids, string(m[1])); len(f.ids) > 300 {
			f.ids = f.ids[100:]
		}
	}
}

// Requests drawn from our own document: none is answered by a failure of ours, and every refusal has the shape of errors.
func TestNoRequestTheDocumentLeadsToFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	n := 5000
	if os.Getenv("TIDEMARK_SOAK") != "" {
		n = 50_000
	}
	seed := uint64(1)
	f := &fuzzer{r: rand.New(rand.NewPCG(seed, 7))}
	if err := json.Unmarshal(call(t, "GET", h.url+"/api/openapi.json", "").body, &f.doc); err != nil || len(f.doc.Paths) < 20 {
		t.Fatalf("%d paths: %v", len(f.doc.Paths), err)
	}
	type target struct {
		path, method string
		o            described
	}
	var targets []target
	for path, methods := range f.doc.Paths {
		for method, o := range methods {
			if path != "/socket.io/" && path != "/sync" && path != "/metrics" && !strings.HasPrefix(path, "/api/docs") {
				targets = append(targets, target{path, strings.ToUpper(method), o})
			}
		}
	}
	slices.SortFunc(targets, func(a, b target) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	_, s := h.installed(t)
	root, statuses := h.administrator(t), map[int]int{}
	for range n {
		to := targets[f.r.IntN(len(targets))]
		path, body, headers := f.request(to.path, to.method, to.o)
		if strings.Contains(path, "wait=") {
			continue // holds the connection
		}
		switch {
		case f.oddly(50):
		case strings.Contains(path, "/admin/tenants"):
			if to.method != "GET" && strings.Contains(path, h.acme.ID) {
				continue // the others want it as it is
			}
			headers = append(headers, s.bearer())
		default:
			headers = append(headers, "X-API-Key: "+root)
		}
		a := call(t, to.method, h.url+path, body, headers...)
		statuses[a.status]++
		f.learn(a.body)
		if a.status >= http.StatusInternalServerError && !strings.HasPrefix(path, "/health") {
			t.Errorf("%s %s %v\n%.500s\n%d %s", to.method, path, headers, body, a.status, a.body)
		}
		var problem struct{ Code, Message, RequestID string }
		if a.status >= http.StatusBadRequest && (json.Unmarshal(a.body, &problem) != nil || problem.Code == "" || problem.Message == "" || problem.RequestID == "") {
			t.Errorf("%s %s: %d without the shape of errors: %s", to.method, path, a.status, a.body)
		}
	}
	t.Log(statuses)
	if statuses[200]+statuses[201]+statuses[204] < n/20 {
		t.Errorf("hardly a request was good: %v", statuses)
	}
}
