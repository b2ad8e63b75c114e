package field

func placeSamples() samples {
	return samples{
		"geoPoint": {{
			takes:    [][2]string{{`{"lat":52.52,"lng":13.405}`, ""}, {`{"lat":-33.123456789,"lng":-0.0}`, `{"lat":-33.1234568,"lng":0}`}, {`{"lat":90,"lng":180}`, ""}},
			refuses:  [][2]string{{`{"lat":91,"lng":0}`, "range"}, {`{"lat":0,"lng":-181}`, "range"}, {`{"lat":1}`, "type"}, {`[52.5,13.4]`, "type"}},
			reads:    [][3]string{{"en", "52.52, 13.405", `{"lat":52.52,"lng":13.405}`}, {"de", "52,52; 13,405", `{"lat":52.52,"lng":13.405}`}, {"en", `52°31'12"N 13°24'18"E`, `{"lat":52.52,"lng":13.405}`}, {"en", "33.8 S, 70.5 W", `{"lat":-33.8,"lng":-70.5}`}},
			misreads: [][2]string{{"en", "Berlin"}, {"en", "52.5"}, {"en", "13 E, 52 N"}},
		}},
		"geoLine": {{
			takes:   [][2]string{{`{"coordinates":[[13.4,52.5],[11.57,48.14]],"type":"LineString"}`, ""}, {`{"coordinates":[[0,0,100],[1,1]],"type":"LineString"}`, `{"coordinates":[[0,0],[1,1]],"type":"LineString"}`}, {`{"coordinates":[[0,0],[0.001,0]],"type":"LineString"}`, ""}},
			refuses: [][2]string{{`{"coordinates":[[0,0]],"type":"LineString"}`, "count"}, {`{"coordinates":[[0,91],[0,0]],"type":"LineString"}`, "range"}, {`{"coordinates":[[0]],"type":"LineString"}`, "type"}, {`{"coordinates":[],"type":"Point"}`, "type"}},
		}},
		"geoPolygon": {{
			takes: [][2]string{
				{`{"coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]],"type":"Polygon"}`, ""},
				{`{"coordinates":[[[0,0],[0,1],[1,1],[1,0],[0,0]]],"type":"Polygon"}`, `{"coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]],"type":"Polygon"}`},
				{`{"coordinates":[[[0,0],[0.001,0],[0.001,0.001],[0,0]]],"type":"Polygon"}`, ""},
			},
			refuses: [][2]string{{`{"coordinates":[[[0,0],[1,0],[1,1],[0,1]]],"type":"Polygon"}`, "format"}, {`{"coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]],"type":"Polygon"}`, "format"}, {`{"coordinates":[],"type":"Polygon"}`, "count"}, {`"POLYGON((0 0))"`, "type"}},
		}},
		"geohash": {{
			takes:   [][2]string{{`"u33dc1"`, ""}, {`"U33D"`, `"u33d"`}, {`"s"`, ""}},
			refuses: [][2]string{{`"a"`, "format"}, {`"u33dc1v0xupzz"`, "format"}, {`1`, "type"}},
			order:   []string{`"s"`, `"u33dc1"`},
		}},
		"address": {{
			takes: [][2]string{
				{`{"city":"Berlin","country":"DE","postcode":"10115","street":"Invalidenstr. 1"}`, ""},
				{`{"city":" London ","country":"gb","postcode":"sw1a 1aa"}`, `{"city":"London","country":"GB","postcode":"SW1A 1AA"}`},
				{`{"street":""}`, "none"},
				{`{"street":"Main\nStreet"}`, `{"street":"Main Street"}`},
				{`{"city":"Springfield","country":"US","postcode":"62701","region":"IL","street":"1 Main St"}`, ""},
			},
			refuses: [][2]string{{`{"country":"Germany"}`, "length"}, {`{"country":"XX"}`, "country"}, {`{"country":"DE","postcode":"1011"}`, "format"}, {`{"planet":"Mars"}`, "unknown"}, {`"Berlin"`, "type"}},
		}},
	}
}
