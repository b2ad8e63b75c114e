package protocol

import (
	"fmt"
	"strings"
	"testing"

	"tidemark/internal/fault"
)

func TestIntentsAreDecoded(t *testing.T) {
	t.Parallel()
	event := func(members string) string { return `{"events":[{"opId":"o","key":"k",` + members + `}]}` }
	for body, want := range map[string]string{
		`"op":"increment","value":2.5,"path":"/a~1b/~0/0"`:                      `increment [a/b ~ 0] 2.5`,
		`"op":"increment","value":1`:                                            `increment [] 1`,
		`"op":"addToSet","value":[{"b":1,"a":2}],"path":""`:                     `addToSet [] [{"a":2,"b":1}]`,
		`"op":"removeFromSet","value":[],"path":"/"`:                            `removeFromSet [] []`,
		`"op":"insert","value":{"values":[1]}`:                                  `insert [] {"values":[1]}`,
		`"op":"insert","value":{"values":[1],"at":3}`:                           `insert [] {"at":3,"values":[1]}`,
		`"op":"move","value":{"to":0,"from":3},"metadata":{"a":1}`:              `move [] {"from":3,"to":0}`,
		`"op":"increment","value":1,"path":"/` + strings.Repeat("a", 511) + `"`: "increment [" + strings.Repeat("a", 511) + "] 1",
	} {
		p, err := DecodePush([]byte(event(body)), 0)
		if err != nil || p.Events[0].Err != nil {
			t.Errorf("%s: %v %v", body, err, p.Events)
			continue
		}
		if o := p.Events[0].Op; fmt.Sprint(o.Kind, " ", o.Path, " ", string(o.Value)) != want {
			t.Errorf("%s: %v %q %s", body, o.Kind, o.Path, o.Value)
		}
	}
	for body, path := range map[string]string{
		`"op":"increment","value":"1"`:                                          "value",
		`"op":"increment","value":null`:                                         "value",
		`"op":"increment","value":1e3`:                                          "value",
		`"op":"increment"`:                                                      "value",
		`"op":"addToSet","value":1`:                                             "value",
		`"op":"insert","value":{"at":-1,"values":[]}`:                           "value",
		`"op":"insert","value":{"at":1}`:                                        "value",
		`"op":"insert","value":{"at":1.5,"values":[]}`:                          "value",
		`"op":"insert","value":{"AT":1,"values":[]}`:                            "value",
		`"op":"move","value":{"from":0}`:                                        "value",
		`"op":"move","value":{"from":0,"to":null}`:                              "value",
		`"op":"move","value":{"from":0,"to":1,"x":1}`:                           "value",
		`"op":"increment","value":1,"path":"a"`:                                 "path",
		`"op":"increment","value":1,"path":"/~2"`:                               "path",
		`"op":"increment","value":1,"path":"/` + strings.Repeat("a", 512) + `"`: "path",
		`"op":"increment","value":1,"path":"` + strings.Repeat("/a", 70) + `"`:  "path",
		`"op":"set","value":1,"path":"/a"`:                                      "path",
		`"op":"remove","path":"/a"`:                                             "path",
		`"op":"increment","value":1,"patch":{}`:                                 "patch",
		`"op":"addToSet","path":"` + strings.Repeat("/a", 10) + `","value":` + strings.Repeat("[", 60) + strings.Repeat("]", 60): "value",
	} {
		p, err := DecodePush([]byte(event(body)), 0)
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if f := fault.From(p.Events[0].Err); p.Events[0].Err == nil || f.Code != fault.Invalid || f.Fields[0].Path != path {
			t.Errorf("%s: %v", body, p.Events[0].Err)
		}
	}
}

// A move made for one list goes, over another, behind what it was put behind.
func TestAMoveGoesBehindWhatItWasPutBehind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ meantFor, move, value, want string }{
		{`["a","b","c"]`, `{"from":0,"to":2}`, `["a","b","c"]`, `["b","c","a"]`},
		{`["a","b","c"]`, `{"from":0,"to":2}`, `["x","a","b","c","y"]`, `["x","b","c","a","y"]`},
		{`["a","b","c"]`, `{"from":0,"to":2}`, `["a","b"]`, `["b","a"]`},
		{`["a","b","c"]`, `{"from":0,"to":1}`, `["c","a"]`, `["a","c"]`},
		{`["a","b","c"]`, `{"from":0,"to":1}`, `["b","c"]`, `["b","c"]`},
		{`["a","b","c"]`, `{"from":2,"to":0}`, `["a","c"]`, `["c","a"]`},
	} {
		o := Op{Kind: Move, Value: []byte(c.move)}
		if got, err := o.MovedOver([]byte(c.meantFor), []byte(c.value)); err != nil || string(got) != c.want {
			t.Errorf("%+v: %s %v", c, got, err)
		}
	}
}

// Whatever a value is, an intent makes canonical JSON of it or says why not.
func FuzzIntents(f *testing.F) {
	for _, k := range []string{"increment", "addToSet", "removeFromSet", "insert", "move"} {
		f.Add(k, `{"a":[1,{"b":2}]}`, `/a/1/b`, `1`)
		f.Add(k, `[1,2]`, ``, `{"from":0,"to":1}`)
		f.Add(k, `null`, `/x`, `{"at":9,"values":[[1]]}`)
		f.Add(k, `{"":"~"}`, `/`, `["a"]`)
	}
	f.Fuzz(func(t *testing.T, kind, value, path, operand string) {
		base, err := DecodePut([]byte(`{"value":`+value+`}`), "k")
		if err != nil {
			return
		}
		quoted := string(AppendString(nil, path))
		p, err := DecodePush([]byte(`{"events":[{"opId":"o","key":"k","op":"`+kind+`","path":`+quoted+`,"value":`+operand+`}]}`), 0)
		if err != nil || p.Events[0].Err != nil || !p.Events[0].Op.Kind.Intent() {
			return
		}
		got, err := p.Events[0].Op.Over(base.Value)
		if err != nil {
			if fault.From(err).Code != fault.Invalid {
				t.Error(err)
			}
			return
		}
		again, err := DecodePut([]byte(`{"value":`+string(got)+`}`), "k")
		if err != nil && depthOf(base.Value)+len(p.Events[0].Op.Path) <= MaxDepth || err == nil && string(again.Value) != string(got) {
			t.Errorf("%s of %s at %q with %s: %s, %v", kind, value, path, operand, got, err)
		}
	})
}
