package field

import "strings"

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
		"longText": {
			{
				takes:   [][2]string{{`"a\r\nb\rc"`, `"a\nb\nc"`}, {`" kept "`, ""}, {`"e\u0301"`, `"é"`}, {`"\n "`, "none"}},
				refuses: [][2]string{{`1`, "type"}, {`null`, "type"}, {`{}`, "type"}},
			},
			{options: `{"maxBytes":4}`, takes: [][2]string{{`"äö"`, ""}}, refuses: [][2]string{{`"äöu"`, "length"}}},
		},
		"richText": {{
			takes: [][2]string{
				{`"<p>Hello <b>you</b></p>"`, ""},
				{`"<p onclick=x>a</p><script>alert(1)</script>"`, `"<p>a</p>"`},
				{`"<a href=\"javascript:alert(1)\">x</a>"`, `"x"`},
				{`"<img src=https://example.com/a.png>"`, "none"},
				{`"<a href=\"https://example.com\">x</a>"`, `"<a href=\"https://example.com\" rel=\"nofollow noreferrer\">x</a>"`},
			},
			refuses: [][2]string{{`1`, "type"}, {`["<p>"]`, "type"}, {`true`, "type"}},
		}},
		"markdown": {{
			takes:   [][2]string{{`"# Title\n\n*soft* and **strong**"`, ""}, {`"- [ ] one\n- [x] two"`, ""}, {`"<script>alert(1)</script> a"`, ""}},
			refuses: [][2]string{{`1`, "type"}, {`{"a":1}`, "type"}, {`false`, "type"}},
		}},
		"code": {{
			options: `{"language":"go","maxBytes":100}`,
			takes:   [][2]string{{`"if a {\n\treturn\n}"`, ""}, {`"  x"`, ""}, {`"<b>"`, ""}},
			refuses: [][2]string{{`1`, "type"}, {`[]`, "type"}, {`"` + strings.Repeat("x", 101) + `"`, "length"}},
		}},
		"aiText": {{
			options: `{"prompt":"Sum up {{note}}."}`,
			takes:   [][2]string{{`"A sum"`, ""}, {`"Two\nlines"`, ""}, {`"é"`, ""}},
			refuses: [][2]string{{`1`, "type"}, {`[]`, "type"}, {`{}`, "type"}},
		}},
		"slug": {{
			options:  `{"max":12}`,
			takes:    [][2]string{{`"a"`, ""}, {`"news-2026"`, ""}, {`"a-b-c"`, ""}},
			refuses:  [][2]string{{`"A"`, "format"}, {`"a--b"`, "format"}, {`"-a"`, "format"}, {`"ä"`, "format"}, {`"much-too-long-a-slug"`, "length"}},
			reads:    [][3]string{{"en", "Über uns", `"uber-uns"`}, {"de", "a b", `"a-b"`}},
			misreads: [][2]string{{"en", "!!"}},
			order:    []string{`"a"`, `"a-b"`, `"b"`},
		}},
		"email": {{
			takes:   [][2]string{{`"amy@example.com"`, ""}, {`" Amy@EXAMPLE.com "`, `"Amy@example.com"`}, {`"a.b+c@sub.example.org"`, ""}},
			refuses: [][2]string{{`"amy"`, "format"}, {`"amy@"`, "format"}, {`"a b@example.com"`, "format"}, {`1`, "type"}},
			order:   []string{`"amy@example.com"`, `"bob@example.com"`},
		}},
		"phone": {
			{
				takes:   [][2]string{{`"+442079460018"`, ""}, {`"+49 30 901820"`, `"+4930901820"`}, {`"+1 (212) 736-5000"`, `"+12127365000"`}},
				refuses: [][2]string{{`"030 901820"`, "format"}, {`"+1"`, "format"}, {`"call me"`, "format"}, {`12`, "type"}},
				order:   []string{`"+12127365000"`, `"+442079460018"`, `"+4930901820"`},
			},
			{options: `{"region":"DE"}`, takes: [][2]string{{`"030 901820"`, `"+4930901820"`}}, refuses: [][2]string{{`"1"`, "format"}}},
		},
		"url": {{
			takes:   [][2]string{{`"https://example.com"`, ""}, {`"HTTPS://Example.com/A?b=c#d"`, `"https://example.com/A?b=c#d"`}, {`"http://127.0.0.1:80/"`, ""}},
			refuses: [][2]string{{`"example.com"`, "format"}, {`"javascript:alert(1)"`, "format"}, {`"ftp://example.com"`, "option"}, {`"https://me:secret@example.com"`, "secret"}, {`"https://a b"`, "format"}},
			reads:   [][3]string{{"en", "example.com/a", `"https://example.com/a"`}},
			order:   []string{`"http://a.example"`, `"https://a.example"`, `"https://b.example"`},
		}},
		"domain": {{
			takes:   [][2]string{{`"example.com"`, ""}, {`"Bücher.example"`, `"xn--bcher-kva.example"`}, {`"a.b.example."`, `"a.b.example"`}},
			refuses: [][2]string{{`"example"`, "format"}, {`"-a.com"`, "format"}, {`"a b.com"`, "format"}},
			order:   []string{`"a.example"`, `"b.example"`},
		}},
		"hostname": {{
			takes:   [][2]string{{`"web-01"`, ""}, {`"DB.Local"`, `"db.local"`}, {`"1.2.3"`, ""}},
			refuses: [][2]string{{`"-web"`, "format"}, {`"a_b"`, "format"}, {`"a b"`, "format"}},
			order:   []string{`"db"`, `"web"`},
		}},
		"ip": {
			{
				takes:   [][2]string{{`"192.0.2.1"`, ""}, {`"2001:DB8:0:0::1"`, `"2001:db8::1"`}, {`"::ffff:192.0.2.1"`, `"192.0.2.1"`}},
				refuses: [][2]string{{`"192.0.2.256"`, "format"}, {`"fe80::1%eth0"`, "format"}, {`"2130706433"`, "format"}, {`1`, "type"}},
				order:   []string{`"9.0.0.1"`, `"192.0.2.1"`, `"::1"`, `"2001:db8::1"`},
			},
			{options: `{"version":"4"}`, takes: [][2]string{{`"192.0.2.1"`, ""}}, refuses: [][2]string{{`"::1"`, "option"}}},
		},
		"cidr": {{
			takes:   [][2]string{{`"10.0.0.0/8"`, ""}, {`"10.1.2.3/8"`, `"10.0.0.0/8"`}, {`"2001:db8::1/32"`, `"2001:db8::/32"`}},
			refuses: [][2]string{{`"10.0.0.0"`, "format"}, {`"10.0.0.0/33"`, "format"}, {`8`, "type"}},
			order:   []string{`"10.0.0.0/8"`, `"10.0.0.0/9"`, `"192.168.0.0/16"`, `"2001:db8::/32"`},
		}},
		"mac": {{
			takes:   [][2]string{{`"00:1b:44:11:3a:b7"`, ""}, {`"00-1B-44-11-3A-B7"`, `"00:1b:44:11:3a:b7"`}, {`"001b.4411.3ab7"`, `"00:1b:44:11:3a:b7"`}},
			refuses: [][2]string{{`"00:1b:44:11:3a"`, "format"}, {`"zz:1b:44:11:3a:b7"`, "format"}, {`"00:00:00:00:fe:80:00:00"`, "format"}},
			order:   []string{`"00:1b:44:11:3a:b7"`, `"01:00:00:00:00:00"`},
		}},
	}
}
