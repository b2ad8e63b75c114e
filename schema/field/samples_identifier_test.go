package field

import "strings"

func identifierSamples() samples {
	return samples{
		"uuid": {{
			takes:   [][2]string{{`"0190a1b2-0000-7000-8000-000000000001"`, ""}, {`"{0190A1B2-0000-7000-8000-000000000001}"`, `"0190a1b2-0000-7000-8000-000000000001"`}, {`"0190a1b2000070008000000000000001"`, `"0190a1b2-0000-7000-8000-000000000001"`}},
			refuses: [][2]string{{`"0190a1b2"`, "format"}, {`1`, "type"}, {`"zzzza1b2-0000-7000-8000-000000000001"`, "format"}},
			order:   []string{`"00000000-0000-0000-0000-000000000000"`, `"0190a1b2-0000-7000-8000-000000000001"`},
		}},
		"ulid": {{
			takes:   [][2]string{{`"01ARZ3NDEKTSV4RRFFQ69G5FAV"`, ""}, {`"01arz3ndektsv4rrffq69g5fav"`, `"01ARZ3NDEKTSV4RRFFQ69G5FAV"`}, {`"00000000000000000000000000"`, ""}},
			refuses: [][2]string{{`"01ARZ"`, "format"}, {`"81ARZ3NDEKTSV4RRFFQ69G5FAV"`, "format"}, {`"01ARZ3NDEKTSV4RRFFQ69G5FAU!"`, "format"}},
			order:   []string{`"01ARZ3NDEKTSV4RRFFQ69G5FAV"`, `"01BX5ZZKBKACTAV9WEVGEMMVRZ"`},
		}},
		"semver": {{
			takes:   [][2]string{{`"1.2.3"`, ""}, {`"v1.0.0-beta.2+build"`, `"1.0.0-beta.2+build"`}, {`"0.0.1"`, ""}},
			refuses: [][2]string{{`"1.2"`, "format"}, {`"01.2.3"`, "format"}, {`"one"`, "format"}, {`1`, "type"}},
			order:   []string{`"0.9.0"`, `"1.0.0-alpha"`, `"1.0.0-alpha.1"`, `"1.0.0-alpha.beta"`, `"1.0.0-beta.2"`, `"1.0.0-beta.11"`, `"1.0.0-rc.1"`, `"1.0.0"`, `"1.2.0"`, `"1.10.0"`, `"300.0.0"`},
		}},
		"barcode": {
			{
				takes:   [][2]string{{`"4006381333931"`, ""}, {`"5901234123457"`, ""}, {`"9780306406157"`, ""}},
				refuses: [][2]string{{`"4006381333932"`, "checksum"}, {`"400638133393"`, "format"}, {`"abc"`, "format"}, {`4006381333931`, "type"}},
				order:   []string{`"4006381333931"`, `"5901234123457"`},
			},
			{options: `{"symbology":"upca"}`, takes: [][2]string{{`"036000291452"`, ""}}, refuses: [][2]string{{`"036000291453"`, "checksum"}}},
			{options: `{"symbology":"code39"}`, takes: [][2]string{{`"CODE-39"`, ""}}, refuses: [][2]string{{`"ä"`, "format"}}},
			{options: `{"symbology":"code128"}`, takes: [][2]string{{`"Wiki 1"`, ""}}, refuses: [][2]string{{`"ü"`, "format"}}},
		},
		"qrCode": {{
			takes:   [][2]string{{`"https://example.com"`, ""}, {`"äöü"`, ""}, {`" a "`, `"a"`}},
			refuses: [][2]string{{`1`, "type"}, {`[]`, "type"}, {`"` + strings.Repeat("x", 1001) + `"`, "length"}},
		}},
		"isbn": {
			{
				takes:    [][2]string{{`"978-0-306-40615-7"`, `"9780306406157"`}, {`"0306406152"`, `"9780306406157"`}, {`"0317-8471"`, `"03178471"`}, {`"043942089X"`, `"9780439420891"`}},
				refuses:  [][2]string{{`"9780306406158"`, "format"}, {`"0317-8472"`, "format"}, {`"12"`, "format"}},
				misreads: [][2]string{{"en", "none"}},
				order:    []string{`"03178471"`, `"9780306406157"`},
			},
			{options: `{"kind":"issn"}`, takes: [][2]string{{`"0317-8471"`, `"03178471"`}}, refuses: [][2]string{{`"9780306406157"`, "format"}}},
		},
		"iban": {{
			takes:   [][2]string{{`"DE89370400440532013000"`, ""}, {`"gb29 nwbk 6016 1331 9268 19"`, `"GB29NWBK60161331926819"`}, {`"NO9386011117947"`, ""}},
			refuses: [][2]string{{`"DE88370400440532013000"`, "checksum"}, {`"DE8937040044053201300"`, "length"}, {`"XX00"`, "format"}, {`"ZZ89370400440532013000"`, "format"}},
			order:   []string{`"DE89370400440532013000"`, `"GB29NWBK60161331926819"`},
		}},
		"bic": {{
			takes:   [][2]string{{`"DEUTDEFF"`, ""}, {`"deutdeff500"`, `"DEUTDEFF500"`}, {`"NEDSZAJJXXX"`, ""}},
			refuses: [][2]string{{`"DEUT"`, "format"}, {`"DEUTDEFF50"`, "format"}, {`"DEUT1EFF"`, "format"}},
			order:   []string{`"DEUTDEFF"`, `"DEUTDEFF500"`},
		}},
		"country": {{
			takes:    [][2]string{{`"DE"`, ""}, {`"gb"`, `"GB"`}, {`"JP"`, ""}},
			refuses:  [][2]string{{`"XX"`, "country"}, {`"Germany"`, "country"}, {`49`, "type"}},
			reads:    [][3]string{{"en", "Germany", `"DE"`}, {"de", "Deutschland", `"DE"`}, {"fr", "Allemagne", `"DE"`}, {"fr", "germany", `"DE"`}, {"en", "de", `"DE"`}},
			misreads: [][2]string{{"en", "Nowhere"}},
			order:    []string{`"DE"`, `"GB"`},
		}},
		"language": {{
			takes:   [][2]string{{`"de"`, ""}, {`"pt-br"`, `"pt-BR"`}, {`"zh-Hant-TW"`, ""}},
			refuses: [][2]string{{`"german"`, "language"}, {`"x"`, "language"}, {`1`, "type"}},
			order:   []string{`"de"`, `"pt-BR"`},
		}},
		"color": {{
			takes: [][2]string{
				{`"#3366ff"`, ""},
				{`"#36F"`, `"#3366ff"`},
				{`"rgb(51, 102, 255)"`, `"#3366ff"`},
				{`"rgba(51,102,255,0.5)"`, `"#3366ff80"`},
				{`"hsl(225, 100%, 60%)"`, `"#3366ff"`},
				{`"#3366ffff"`, `"#3366ff"`},
				{`"#3366ff00"`, ""},
			},
			refuses: [][2]string{{`"blue"`, "format"}, {`"#12345"`, "format"}, {`"rgb(300,0,0)"`, "format"}, {`"hsl(1,2,3)"`, "format"}, {`1`, "type"}},
			order:   []string{`"#000000"`, `"#3366ff"`},
		}},
		"icon": {{
			takes:   [][2]string{{`"🌊"`, ""}, {`"👩🏽‍🚀"`, ""}, {`"truck"`, ""}},
			refuses: [][2]string{{`"two words"`, "format"}, {`"🌊🌊"`, "format"}, {`"Truck!"`, "format"}},
			order:   []string{`"car"`, `"truck"`},
		}},
	}
}
