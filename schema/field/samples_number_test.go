package field

import "strings"

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
		"bigInteger": {
			{
				takes:   [][2]string{{`"123456789012345678901234567890"`, ""}, {`-12`, `"-12"`}, {`"007"`, `"7"`}, {`1e3`, `"1000"`}, {`"-0"`, `"0"`}},
				refuses: [][2]string{{`"1.5"`, "integer"}, {`"one"`, "number"}, {`true`, "type"}, {`"` + strings.Repeat("9", 66) + `"`, "precision"}, {`"Infinity"`, "number"}, {`1e400`, "number"}},
				reads:   [][3]string{{"de", "1.000.000", `"1000000"`}, {"en", "1,000", `"1000"`}},
				order:   []string{`"-100"`, `"-20"`, `"-3"`, `"0"`, `"3"`, `"20"`, `"100"`, `"100000000000000000000"`},
			},
			{options: `{"min":"0","max":"10"}`, takes: [][2]string{{`"10"`, ""}}, refuses: [][2]string{{`"11"`, "range"}, {`"-1"`, "range"}}},
		},
		"decimal": {
			{
				takes:    [][2]string{{`"12.50"`, ""}, {`12.5`, `"12.50"`}, {`"-0.00"`, `"0.00"`}, {`"+1"`, `"1.00"`}, {`"12.5000"`, `"12.50"`}},
				refuses:  [][2]string{{`"12.345"`, "precision"}, {`"12,50"`, "number"}, {`"NaN"`, "number"}, {`[]`, "type"}, {`"12345678901234567.00"`, "precision"}},
				reads:    [][3]string{{"en", "1,234.50", `"1234.50"`}, {"de", "1.234,5", `"1234.50"`}, {"fr", "1 234,50", `"1234.50"`}, {"", "-0.5", `"-0.50"`}},
				misreads: [][2]string{{"en", "1,23"}, {"de", "1.5"}},
				order:    []string{`"-12.50"`, `"-1.25"`, `"-1.20"`, `"-0.01"`, `"0.00"`, `"0.01"`, `"0.10"`, `"1.00"`, `"1.05"`, `"10.00"`},
			},
			{options: `{"precision":4,"scale":0,"min":"-5","max":"5"}`, takes: [][2]string{{`"5"`, ""}, {`"5.0"`, `"5"`}}, refuses: [][2]string{{`"6"`, "range"}, {`"0.5"`, "precision"}}},
		},
		"float": {
			{
				takes:   [][2]string{{`0.1`, ""}, {`1.50`, `1.5`}, {`-0`, `0`}, {`1e21`, `1e+21`}, {`123456789.123`, ""}, {`0.00000012345678`, `1.2345678e-07`}},
				refuses: [][2]string{{`"0.1"`, "type"}, {`1e400`, "range"}, {`null`, "type"}},
				reads:   [][3]string{{"de", "1.234,5", `1234.5`}, {"", "1e3", `1000`}},
				order:   []string{`-1e300`, `-1.5`, `-0.1`, `0`, `0.1`, `2`, `10`, `1e300`},
			},
			{options: `{"min":0,"max":1}`, takes: [][2]string{{`0.5`, ""}}, refuses: [][2]string{{`1.1`, "range"}, {`-0.1`, "range"}}},
		},
		"currency": {
			{
				takes:    [][2]string{{`{"amount":"12.50","currency":"EUR"}`, ""}, {`{"amount":12.5,"currency":"eur"}`, `{"amount":"12.50","currency":"EUR"}`}, {`{"amount":"-1200","currency":"JPY"}`, ""}, {`{"amount":"1234.5","currency":"KWD"}`, `{"amount":"1234.500","currency":"KWD"}`}},
				refuses:  [][2]string{{`{"amount":"12.505","currency":"EUR"}`, "precision"}, {`{"amount":"1","currency":"ABC"}`, "currency"}, {`{"amount":"1"}`, "currency"}, {`12.5`, "type"}, {`{"amount":"1","currency":"EUR","x":1}`, "type"}},
				reads:    [][3]string{{"de", "1.234,50 €", `{"amount":"1234.50","currency":"EUR"}`}, {"en", "$12.50", `{"amount":"12.50","currency":"USD"}`}, {"en", "EUR 12.50", `{"amount":"12.50","currency":"EUR"}`}, {"", "12.50 EUR", `{"amount":"12.50","currency":"EUR"}`}},
				misreads: [][2]string{{"en", "12.50"}, {"en", "12.50 quids"}, {"de", "12.5 €"}},
				order:    []string{`{"amount":"2","currency":"EUR"}`, `{"amount":"10","currency":"EUR"}`, `{"amount":"1","currency":"USD"}`},
			},
			{
				options: `{"currencies":["EUR","CHF"],"default":"CHF","min":"0"}`,
				takes:   [][2]string{{`{"amount":"1.00","currency":"CHF"}`, ""}},
				refuses: [][2]string{{`{"amount":"1.00","currency":"USD"}`, "option"}, {`{"amount":"-1.00","currency":"CHF"}`, "range"}},
				reads:   [][3]string{{"de", "5", `{"amount":"5.00","currency":"CHF"}`}},
			},
		},
		"percent": {{
			options:  `{"min":"0","max":"150"}`,
			takes:    [][2]string{{`"12.5"`, ""}, {`0.50`, `"0.5"`}, {`"100.00"`, `"100"`}},
			refuses:  [][2]string{{`"151"`, "range"}, {`"0.125"`, "precision"}, {`"12.5%"`, "number"}},
			reads:    [][3]string{{"en", "12.5%", `"12.5"`}, {"de", "12,5 %", `"12.5"`}, {"fr", "12,5\u202f%", `"12.5"`}},
			misreads: [][2]string{{"en", "half"}},
			order:    []string{`"0.5"`, `"12.5"`, `"100"`},
		}},
		"counter": {{
			options: `{"min":0}`,
			takes:   [][2]string{{`0`, ""}, {`12`, ""}, {`1000000`, ""}},
			refuses: [][2]string{{`-1`, "range"}, {`"1"`, "type"}, {`1.5`, "integer"}},
			order:   []string{`0`, `2`, `10`},
		}},
		"rating": {{
			takes:   [][2]string{{`0`, ""}, {`3`, ""}, {`5`, ""}},
			refuses: [][2]string{{`6`, "range"}, {`-1`, "range"}, {`"3"`, "type"}, {`2.5`, "integer"}},
			order:   []string{`0`, `3`, `5`},
		}},
		"progress": {{
			takes:   [][2]string{{`0`, ""}, {`40`, ""}, {`100`, ""}},
			refuses: [][2]string{{`101`, "range"}, {`-1`, "range"}, {`0.5`, "integer"}},
			reads:   [][3]string{{"en", "40%", `40`}, {"de", "40 %", `40`}},
			order:   []string{`0`, `40`, `100`},
		}},
		"quantity": {
			{
				takes:    [][2]string{{`{"amount":"12.5","unit":"kg"}`, ""}, {`{"amount":1.50,"unit":"m³"}`, `{"amount":"1.5","unit":"m³"}`}, {`{"amount":"-40","unit":"°F"}`, ""}},
				refuses:  [][2]string{{`{"amount":"1","unit":"parsec"}`, "unit"}, {`{"unit":"kg"}`, "type"}, {`"1 kg"`, "type"}},
				reads:    [][3]string{{"de", "12,5 kg", `{"amount":"12.5","unit":"kg"}`}, {"en", "1,000KM", `{"amount":"1000","unit":"km"}`}, {"en", "20 °c", `{"amount":"20","unit":"°C"}`}},
				misreads: [][2]string{{"en", "kg"}, {"en", "12"}},
				order:    []string{`{"amount":"1","unit":"mm"}`, `{"amount":"1","unit":"in"}`, `{"amount":"0.5","unit":"m"}`, `{"amount":"1","unit":"km"}`, `{"amount":"1","unit":"g"}`, `{"amount":"0","unit":"°F"}`, `{"amount":"0","unit":"°C"}`, `{"amount":"300","unit":"K"}`},
			},
			{options: `{"dimension":"mass","units":["kg"]}`, takes: [][2]string{{`{"amount":"1","unit":"kg"}`, ""}}, refuses: [][2]string{{`{"amount":"1","unit":"g"}`, "unit"}}, reads: [][3]string{{"en", "7", `{"amount":"7","unit":"kg"}`}}},
		},
		"autonumber": {{options: `{"prefix":"INV-","digits":5}`, takes: [][2]string{{`7`, ""}, {`123456`, ""}}, order: []string{`7`, `123456`}}},
	}
}
