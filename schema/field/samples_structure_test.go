package field

import "strings"

func structureSamples() samples {
	return samples{
		"json": {
			{
				takes:   [][2]string{{`{"a":[1,2.50,"x"]}`, ""}, {`[]`, ""}, {`"text"`, ""}, {`false`, ""}},
				refuses: nil,
			},
			{
				options:  `{"schema":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}},"maxBytes":20}`,
				takes:    [][2]string{{`{"a":1}`, ""}},
				refuses:  [][2]string{{`{"a":"x"}`, "schema"}, {`[]`, "schema"}, {`{"b":1}`, "schema"}, {`{"a":1,"b":"xxxxxxxxxxxx"}`, "length"}},
				reads:    [][3]string{{"en", `{"a": 1}`, `{"a":1}`}, {"en", "null", "none"}},
				misreads: [][2]string{{"en", "{"}},
			},
		},
		"map": {
			{
				takes:   [][2]string{{`{"color":"red","size":"L"}`, ""}, {`{"ä b":""}`, ""}, {`{}`, "none"}},
				refuses: [][2]string{{`{"a":1}`, "type"}, {`["a"]`, "type"}, {`{"":"x"}`, "pattern"}},
			},
			{options: `{"keyPattern":"[a-z]+","valueType":"number","max":2}`, takes: [][2]string{{`{"a":1.5,"b":-2}`, ""}}, refuses: [][2]string{{`{"A":1}`, "pattern"}, {`{"a":"1"}`, "type"}, {`{"a":1,"b":2,"c":3}`, "count"}}},
		},
		"list": {
			{
				takes:   [][2]string{{`["b","a","b"]`, ""}, {`["one"]`, ""}, {`[]`, "none"}, {`["a\nb",""]`, ""}},
				refuses: [][2]string{{`[1]`, "type"}, {`"a"`, "type"}, {`{}`, "type"}},
				reads:   [][3]string{{"en", "b\n a \n\n", `["b","a"]`}, {"en", "\n", "none"}},
			},
			{options: `{"item":"number","max":3}`, takes: [][2]string{{`[3,1.50]`, ""}}, refuses: [][2]string{{`["3"]`, "type"}, {`[1,2,3,4]`, "count"}}, reads: [][3]string{{"en", "1\n2", `[1,2]`}}, misreads: [][2]string{{"en", "one"}}},
		},
		"yaml": {{
			takes:   [][2]string{{`"a: 1\nb:\n  - x\n  - y\n"`, ""}, {`"just text"`, ""}, {`"# a comment\na: {b: [1, 2]}"`, ""}},
			refuses: [][2]string{{`"a: [1"`, "format"}, {`"a: &x 1\nb: *x"`, "format"}, {`"a: 1\n---\nb: 2"`, "count"}, {`1`, "type"}, {`"` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `"`, "depth"}},
		}},
		"xml": {{
			takes:   [][2]string{{`"<a>1</a>"`, ""}, {`"<?xml version=\"1.0\"?>\n<a b=\"c\"><d/></a>"`, ""}, {`"<ä>ü</ä>"`, ""}},
			refuses: [][2]string{{`"<a>"`, "format"}, {`"<a/><b/>"`, "count"}, {`"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"`, "format"}, {`"text"`, "format"}, {`1`, "type"}, {`"` + strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70) + `"`, "depth"}},
		}},
		"translated": {
			{
				takes:   [][2]string{{`{"de":"Hallo","en":"Hello"}`, ""}, {`{"EN":" Hello ","fr":""}`, `{"en":"Hello"}`}, {`{}`, "none"}, {`{"pt-br":"Olá"}`, `{"pt-BR":"Olá"}`}},
				refuses: [][2]string{{`"Hello"`, "type"}, {`{"german":"Hallo"}`, "language"}, {`{"en":1}`, "type"}},
				order:   []string{`{"en":"Adam"}`, `{"en":"bob"}`, `{"de":"Zoe"}`},
			},
			{options: `{"languages":["en","de"],"max":5}`, takes: [][2]string{{`{"en":"Hello"}`, ""}}, refuses: [][2]string{{`{"fr":"Salut"}`, "language"}, {`{"en":"Hello!"}`, "length"}}},
		},
		"checklist": {{
			options: `{"max":3}`,
			takes:   [][2]string{{`[{"done":true,"id":"a1","text":"Call"},{"id":"b2","text":"Write"}]`, ""}, {`[{"done":false,"id":"a","text":" Two\nlines "}]`, `[{"id":"a","text":"Two lines"}]`}, {`[]`, "none"}, {`[{"id":"x","text":"[x] odd {#y}"}]`, ""}},
			refuses: [][2]string{{`[{"text":"Call"}]`, "format"}, {`[{"id":"a","text":"x"},{"id":"a","text":"y"}]`, "unique"}, {`[{"id":"a","text":""}]`, "length"}, {`["Call"]`, "type"}, {`[{"id":"a","text":"x","by":"amy"}]`, "type"}},
			reads:   [][3]string{{"en", "[x] Call {#a1}\n- [ ] Write {#b2}", `[{"done":true,"id":"a1","text":"Call"},{"id":"b2","text":"Write"}]`}, {"en", "Call", `[{"id":"7bd199bb6c","text":"Call"}]`}},
		}},
		"table": {{
			options: `{"columns":[{"name":"what","type":"text","required":true},{"name":"qty","type":"integer","options":{"min":1}},{"name":"price","type":"currency"}],"max":2}`,
			takes:   [][2]string{{`[{"id":"r1","price":{"amount":2,"currency":"EUR"},"qty":2,"what":" Bolts "}]`, `[{"id":"r1","price":{"amount":"2.00","currency":"EUR"},"qty":2,"what":"Bolts"}]`}, {`[]`, "none"}, {`[{"id":"r1","qty":null,"what":"a"},{"id":"r2","what":"b"}]`, `[{"id":"r1","what":"a"},{"id":"r2","what":"b"}]`}},
			refuses: [][2]string{{`[{"id":"r1","qty":0,"what":"a"}]`, "range"}, {`[{"id":"r1"}]`, "required"}, {`[{"what":"a"}]`, "required"}, {`[{"id":"r1","color":"red","what":"a"}]`, "unknown"}, {`[{"id":"r1","what":"a"},{"id":"r1","what":"b"}]`, "unique"}, {`{}`, "type"}},
		}},
		"vector": {{
			takes:   [][2]string{{`[0.1,-2,3e-10]`, ""}, {`[1.0,-0.0,0.1000000001]`, `[1,0,0.1]`}, {`[]`, "none"}, {`[1e21,1,1]`, `[1e+21,1,1]`}},
			refuses: [][2]string{{`[1,2]`, "count"}, {`["1",2,3]`, "number"}, {`[1e300,1,1]`, "number"}, {`"1"`, "type"}},
		}},
		"binary": {{
			options: `{"maxBytes":4}`,
			takes:   [][2]string{{`"aGk="`, ""}, {`" AAEC "`, `"AAEC"`}, {`"AAECAw=="`, ""}},
			refuses: [][2]string{{`"aGk"`, "format"}, {`"$$$$"`, "format"}, {`"AAECAwQ="`, "length"}, {`1`, "type"}},
			order:   nil,
		}},
	}
}
