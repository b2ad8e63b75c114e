package field

func relationSamples() samples {
	return samples{
		"link": {{
			options: `{"table":"customers"}`,
			takes:   [][2]string{{`"42"`, ""}, {`"a/b"`, ""}, {`""`, "none"}},
			refuses: [][2]string{{`42`, "type"}, {`["42"]`, "type"}, {`"a\u0000b"`, "format"}},
		}},
		"links": {{
			options: `{"table":"parts","max":2}`,
			takes:   [][2]string{{`["b","a","b"]`, `["a","b"]`}, {`["x y"]`, ""}, {`[]`, "none"}},
			refuses: [][2]string{{`["a","b","c"]`, "count"}, {`"a"`, "type"}, {`[1]`, "type"}, {`[""]`, "format"}},
		}},
		"anyLink": {{
			options: `{"tables":["orders","jobs"]}`,
			takes:   [][2]string{{`{"id":"42","table":"orders"}`, ""}, {`{"id":"a/b","table":"jobs"}`, ""}, {`{"id":"ä","table":"jobs"}`, ""}},
			refuses: [][2]string{{`{"id":"42","table":"users"}`, "option"}, {`{"table":"jobs"}`, "format"}, {`"orders/42"`, "type"}},
			reads:   [][3]string{{"en", "orders/42", `{"id":"42","table":"orders"}`}},
		}},
		"user": {{
			takes:   [][2]string{{`"amy"`, ""}, {`"user 1"`, ""}, {`""`, "none"}},
			refuses: [][2]string{{`"*"`, "format"}, {`1`, "type"}, {`"a\nb"`, "format"}},
		}},
		"users": {{
			options: `{"max":2}`,
			takes:   [][2]string{{`["bob","amy"]`, `["amy","bob"]`}, {`["amy"]`, ""}, {`[]`, "none"}},
			refuses: [][2]string{{`["a","b","c"]`, "count"}, {`["*"]`, "format"}, {`"amy"`, "type"}},
		}},
		"vote": {{
			takes:   [][2]string{{`["bob","amy","bob"]`, `["amy","bob"]`}, {`["amy"]`, ""}, {`[]`, "none"}},
			refuses: [][2]string{{`2`, "type"}, {`[""]`, "format"}, {`{"amy":true}`, "type"}},
		}},
		"formula": {{options: `{"expression":"qty * 2","result":"number"}`, takes: [][2]string{{`12`, "none"}, {`"x"`, "none"}}}},
		"lookup":  {{options: `{"link":"customer","field":"name"}`, takes: [][2]string{{`"x"`, "none"}}}},
		"rollup":  {{options: `{"link":"parts","field":"price","aggregate":"sum"}`, takes: [][2]string{{`1`, "none"}}}},
		"count":   {{options: `{"link":"parts"}`, takes: [][2]string{{`1`, "none"}}}},
	}
}
