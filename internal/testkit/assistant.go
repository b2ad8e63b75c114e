package testkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// AssistantKey is the key that an Assistant's endpoint wants.
const AssistantKey = "sk-test-0123456789"

// Assistant is an OpenAI-compatible endpoint on this machine. It takes only what
// that API's reference allows for a completion with structured output, and fails
// the test for anything else.
type Assistant struct {
	URL string // of the API, to which /chat/completions is added

	t     *testing.T
	mu    sync.Mutex
	plays func(Asked) Reply
	asked []Asked
}

// Asked is a question as it came in.
type Asked struct {
	Body     string // of the request, whole
	Kind     string
	Base     json.RawMessage
	Current  json.RawMessage
	Incoming json.RawMessage
	Draft    json.RawMessage
	Clashes  []string
}

// Reply is what an Assistant answers.
type Reply struct {
	Status int // 0: 200
	Header map[string]string
	Body   string
	After  time.Duration
}

// NewAssistant starts an endpoint that ends with the test.
func NewAssistant(t *testing.T, plays func(Asked) Reply) *Assistant {
	t.Helper()
	a := &Assistant{t: t, plays: plays}
	s := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	a.URL = s.URL + "/v1"
	return a
}

// Play has it answer otherwise from now on.
func (a *Assistant) Play(plays func(Asked) Reply) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.plays = plays
}

// Asked are the questions so far.
func (a *Assistant) Asked() []Asked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func (a *Assistant) serve(w http.ResponseWriter, r *http.Request) {
	asked, err := readAsked(r)
	if err != nil {
		a.t.Errorf("the endpoint was asked wrongly: %v", err)
		http.Error(w, `{"error":{"message":"bad request","type":"invalid_request_error"}}`, http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.asked = append(a.asked, asked)
	plays := a.plays
	a.mu.Unlock()
	reply := plays(asked)
	select {
	case <-time.After(reply.After):
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range reply.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(max(reply.Status, http.StatusOK))
	_, _ = io.WriteString(w, reply.Body) // the client may have gone
}

// completionRequest is what the endpoint takes, and nothing else.
type completionRequest struct {
	Model       string   `json:"model"`
	Temperature *float64 `json:"temperature"`
	MaxTokens   int      `json:"max_tokens"`
	Messages    []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	ResponseFormat struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string `json:"name"`
			Strict bool   `json:"strict"`
			Schema struct {
				Type                 string                     `json:"type"`
				AdditionalProperties *bool                      `json:"additionalProperties"`
				Required             []string                   `json:"required"`
				Properties           map[string]json.RawMessage `json:"properties"`
			} `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

var schemaName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

func readAsked(r *http.Request) (asked Asked, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return asked, err
	}
	var q completionRequest
	if err := strictly(body, &q); err != nil {
		return asked, fmt.Errorf("%w in %s", err, body)
	}
	if err := errors.Join(checkHead(r), q.check(), q.checkSchema()); err != nil {
		return asked, err
	}
	err = strictly([]byte(q.Messages[1].Content), &asked)
	asked.Body = string(body)
	return asked, err
}

func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON")
	}
	return nil
}

func checkHead(r *http.Request) error {
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" || r.URL.RawQuery != "":
		return fmt.Errorf("%s %s", r.Method, r.URL)
	case r.Header.Get("Authorization") != "Bearer "+AssistantKey:
		return errors.New("the key is not the endpoint's")
	case r.Header.Get("Content-Type") != "application/json":
		return fmt.Errorf("content type %q", r.Header.Get("Content-Type"))
	}
	return nil
}

func (q *completionRequest) check() error {
	switch {
	case q.Model == "":
		return errors.New("no model")
	case q.Temperature == nil || *q.Temperature != 0:
		return errors.New("the temperature is not 0")
	case q.MaxTokens < 1:
		return errors.New("the answer has no bound")
	case len(q.Messages) != 2 || q.Messages[0].Role != "system" || q.Messages[1].Role != "user":
		return errors.New("the messages are not one of the system and one of the user")
	case q.ResponseFormat.Type != "json_schema":
		return errors.New("no structured output is asked for")
	}
	return nil
}

// checkSchema holds a schema to what strict structured output takes: every property required, and no other.
func (q *completionRequest) checkSchema() error {
	form := q.ResponseFormat.JSONSchema
	s := form.Schema
	if !schemaName.MatchString(form.Name) || !form.Strict || s.Type != "object" || s.AdditionalProperties == nil || *s.AdditionalProperties {
		return errors.New("the schema is not strict")
	}
	for name := range s.Properties {
		if !slices.Contains(s.Required, name) {
			return fmt.Errorf("the schema does not require %s", name)
		}
	}
	if len(s.Required) != len(s.Properties) || len(s.Required) == 0 {
		return errors.New("the schema requires what it does not have")
	}
	return nil
}

// Completion is a reply with a text of the model.
func Completion(text string) Reply { return Finished(text, "stop") }

// Finished is a reply with a text of the model, and why it ended there.
func Finished(text, why string) Reply {
	return Reply{Body: `{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":` + quoted(text) + `,"refusal":null},"logprobs":null,"finish_reason":"` + why + `"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`}
}

// Says is a reply that chooses a side, or with a value a merge of both.
func Says(choice, value string, confidence float64) Reply {
	text := "null"
	if value != "" {
		text = quoted(value)
	}
	return Completion(fmt.Sprintf(`{"choice":%q,"value":%s,"confidence":%v,"reason":"The status went further."}`, choice, text, confidence))
}

// Refusal is a reply of a model that will not answer.
func Refusal() Reply {
	return Reply{Body: strings.Replace(Completion("").Body, `"content":"","refusal":null`, `"content":null,"refusal":"I cannot help with that."`, 1)}
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}
