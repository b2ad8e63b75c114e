package field

func numberSamples() samples {
	return samples{
		"integer": {
			{
				takes:    [][2]string{{`0`, ""}, {`-12345`, ""}, {`9223372036854775807`, ""}},
				refuses:  [][2]string{{`"1"`, "type"}, {`1.5`, "integer"}, {`1e3`, "integer"}, {`9223372036854775808`, "integer"}},
				reads:    [][3]string{{"en", "1,234", "1234"}, {"de", "1.234", "1234"}, {"fr", "1 234", "1234"}, {"", "-7", "-7"}, {"ar", "١٢٣", "123"}},
				misreads: [][2]string{{"en", "1.234"}, {"de", "1,5"}, {"en", "12,34"}, {"", "1,234"}, {"en", "twelve"}},
				order:    []string{`-12345`, `-2`, `0`, `3`, `20`},
			},
			{
				options: `{"min":-10,"max":10,"step":5}`,
				takes:   [][2]string{{`-10`, ""}, {`5`, ""}},
				refuses: [][2]string{{`-15`, "range"}, {`15`, "range"}, {`3`, "step"}},
			},
		},
	}
}
