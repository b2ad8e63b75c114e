package field

func textSamples() samples {
	return samples{
		"text": {
			{
				takes:   [][2]string{{`"Amy"`, ""}, {`"  Amy Pond \ufeff"`, `"Amy Pond"`}, {`"e\u0301"`, `"é"`}, {`"  "`, "none"}},
				refuses: [][2]string{{`12`, "type"}, {`"a\nb"`, "line"}, {`["a"]`, "type"}},
				reads:   [][3]string{{"en", " Amy ", `"Amy"`}, {"de", "", "none"}},
				order:   []string{`"Adam"`, `"amy"`, `"Bob"`, `"Émile"`},
			},
			{
				options: `{"min":2,"max":4,"pattern":"[A-Z]+"}`,
				takes:   [][2]string{{`"AB"`, ""}},
				refuses: [][2]string{{`"A"`, "length"}, {`"ABCDE"`, "length"}, {`"ab"`, "pattern"}, {`"ABc"`, "pattern"}},
			},
		},
	}
}
