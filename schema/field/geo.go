package field

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/mmcloughlin/geohash"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
)

// Point is a place on the earth in degrees (WGS 84).
type Point struct {
	Lat float64 `json:"lat"` // -90 to 90, north above zero
	Lng float64 `json:"lng"` // -180 to 180, east above zero
}

// geoPointType is a place on the earth: {"lat":52.52,"lng":13.405}. The two are never told apart.
func geoPointType() *Type {
	return define(Type{
		Name: "geoPoint", Label: "Geo point", Group: GroupPlace, About: "A place on the earth, by latitude and longitude.",
		Storage: "point", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetPoint, Cell: CellPlace, Library: "mmcloughlin/geohash",
	}, none{}, func(none) (Field, error) {
		return &scalar[Point]{
			schema: Schema{"type": "object", "required": []string{"lat", "lng"}, "additionalProperties": false, "properties": Schema{
				"lat": Schema{"type": "number", "minimum": -90, "maximum": 90}, "lng": Schema{"type": "number", "minimum": -180, "maximum": 180},
			}},
			read:   readPoint,
			rule:   func(p Point) (Point, error) { return p, onEarth(p.Lat, p.Lng) },
			write:  func(p Point) []byte { return []byte(`{"lat":` + degrees(p.Lat) + `,"lng":` + degrees(p.Lng) + `}`) },
			parse:  typedPoint,
			show:   shownPoint,
			edit:   func(p Point, _ *Locale) string { return degrees(p.Lat) + ", " + degrees(p.Lng) },
			export: func(p Point) string { return degrees(p.Lat) + ", " + degrees(p.Lng) },
			key:    func(p Point) []byte { return []byte(geohash.EncodeWithPrecision(p.Lat, p.Lng, 12)) },
		}, nil
	})
}

func readPoint(value []byte) (Point, error) {
	var raw struct {
		Lat rawValue `json:"lat"`
		Lng rawValue `json:"lng"`
	}
	if err := readInto(value, &raw); err != nil {
		return Point{}, err
	}
	lat, err := readFloat(raw.Lat)
	if err != nil {
		return Point{}, bad("type", "must have a latitude and a longitude in degrees")
	}
	lng, err := readFloat(raw.Lng)
	if err != nil {
		return Point{}, bad("type", "must have a latitude and a longitude in degrees")
	}
	return Point{degree(lat), degree(lng)}, nil
}

func onEarth(lat, lng float64) error {
	switch {
	case math.Abs(lat) > 90:
		return bad("range", "must have a latitude of -90 to 90 degrees")
	case math.Abs(lng) > 180:
		return bad("range", "must have a longitude of -180 to 180 degrees")
	}
	return nil
}

// degree rounds to the seven digits of a fraction that are kept, about a centimetre.
func degree(f float64) float64 {
	if math.Abs(f) > 1000 {
		return f // it is refused
	}
	return math.Round(f*1e7)/1e7 + 0
}

func degrees(f float64) string { return strconv.FormatFloat(degree(f), 'f', -1, 64) }

var angle = regexp.MustCompile(`(?i)^([NSEWO]?)\s*([-−]?\d+(?:[.,]\d+)?)\s*°?\s*(?:(\d+(?:[.,]\d+)?)\s*['′’])?\s*(?:(\d+(?:[.,]\d+)?)\s*(?:"|″|''))?\s*([NSEWO]?)$`)

// typedPoint reads latitude and longitude: 52.52, 13.405 or 52,52; 13,405 or 52°31'12"N 13°24'18"E.
func typedPoint(text string, _ *Locale) (Point, error) {
	for _, mark := range []string{";", ", ", ",", " "} {
		a, b, two := strings.Cut(text, mark)
		if !two {
			continue
		}
		lat, okA := angleOf(a, "NS")
		lng, okB := angleOf(b, "EWO")
		if okA && okB {
			return Point{degree(lat), degree(lng)}, nil
		}
	}
	return Point{}, bad("format", "is no place such as 52.52, 13.405")
}

func angleOf(text, marks string) (float64, bool) {
	m := angle.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, false
	}
	mark := strings.ToUpper(m[1] + m[5])
	if len(mark) > 1 || mark != "" && !strings.Contains(marks, mark) {
		return 0, false
	}
	var n [3]float64
	for i := range n {
		n[i], _ = strconv.ParseFloat(strings.NewReplacer(",", ".", "−", "-").Replace(m[i+2]), 64) // digits; none is 0
	}
	whole := math.Abs(n[0]) + n[1]/60 + n[2]/3600
	if n[0] < 0 || mark == "S" || mark == "W" {
		whole = -whole
	}
	return whole, true
}

func shownPoint(p Point, in *Locale) string {
	side := func(f float64, above, below string) string {
		if f < 0 {
			above = below
		}
		return in.Number(degrees(math.Abs(f))) + "° " + above
	}
	return side(p.Lat, "N", "S") + ", " + side(p.Lng, "E", "W")
}

// GeoOptions bound a shape.
type GeoOptions struct {
	Max int `json:"max" jsonschema:"title=Most positions,minimum=2,maximum=10000"`
}

// shape is a geometry of GeoJSON (RFC 7946).
type shape struct {
	Type        string   `json:"type"`
	Coordinates rawValue `json:"coordinates"`
}

// geoLineType is a way on the earth, a LineString of GeoJSON.
func geoLineType() *Type {
	return define(Type{
		Name: "geoLine", Label: "Geo line", Group: GroupPlace, About: "A way on the earth, as GeoJSON.",
		Storage: "geojson", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetJSON, Cell: CellPlace, Library: "paulmach/orb",
	}, GeoOptions{Max: 10_000}, func(o GeoOptions) (Field, error) {
		return &rawField{
			schema: Schema{"type": "object", "required": []string{"type", "coordinates"}, "properties": Schema{"type": Schema{"const": "LineString"}, "coordinates": Schema{"type": "array", "minItems": 2, "maxItems": o.Max}}},
			check: func(value []byte) ([]byte, error) {
				list, err := coordinates(value, "LineString")
				if err != nil {
					return nil, err
				}
				line, err := lineOf(list, o.Max)
				if err == nil && len(line) < 2 {
					err = bad("count", "must have at least two positions")
				}
				return []byte(`{"coordinates":` + positions(line) + `,"type":"LineString"}`), err
			},
			show: func(value []byte, in *Locale) string {
				list, err := coordinates(value, "LineString")
				if err != nil {
					return unreadable
				}
				line, _ := lineOf(list, o.Max)
				return in.Number(shortest(strconv.FormatFloat(geo.Length(orb.LineString(line))/1000, 'f', 2, 64))) + " km"
			},
		}, nil
	})
}

func coordinates(value []byte, kind string) ([][]byte, error) {
	var s shape
	if err := readInto(value, &s); err != nil || s.Type != kind {
		return nil, bad("type", "must be a %s of GeoJSON", kind)
	}
	list, err := readList(s.Coordinates)
	if err != nil {
		return nil, bad("type", "must have a list of coordinates")
	}
	return list, nil
}

// lineOf reads positions, each a longitude and a latitude; heights are left out.
func lineOf(list [][]byte, most int) ([]orb.Point, error) {
	if len(list) > most {
		return nil, bad("count", "must have at most %d positions, and has %d", most, len(list))
	}
	line := make([]orb.Point, len(list))
	for i, e := range list {
		pair, err := readList(e)
		if err != nil || len(pair) < 2 || len(pair) > 3 {
			return nil, bad("type", "must have a longitude and a latitude at each position").in("/coordinates" + place(i))
		}
		lng, errX := readFloat(pair[0])
		lat, errY := readFloat(pair[1])
		if errX != nil || errY != nil {
			return nil, bad("type", "must have a longitude and a latitude at each position").in("/coordinates" + place(i))
		}
		if err := onEarth(lat, lng); err != nil {
			return nil, err
		}
		line[i] = orb.Point{degree(lng), degree(lat)}
	}
	return line, nil
}

func positions(line []orb.Point) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, p := range line {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("[" + degrees(p[0]) + "," + degrees(p[1]) + "]")
	}
	b.WriteByte(']')
	return b.String()
}

// geoPolygonType is an area on the earth, a Polygon of GeoJSON: closed rings, the outer one against the clock and its holes with it (RFC 7946, 3.1.6).
func geoPolygonType() *Type {
	return define(Type{
		Name: "geoPolygon", Label: "Geo polygon", Group: GroupPlace, About: "An area on the earth, as GeoJSON.",
		Storage: "geojson", Merge: MergeRegister, Index: NoIndex, Filters: opsPresent, Widget: WidgetJSON, Cell: CellPlace, Library: "paulmach/orb",
	}, GeoOptions{Max: 10_000}, func(o GeoOptions) (Field, error) {
		return &rawField{
			schema: Schema{"type": "object", "required": []string{"type", "coordinates"}, "properties": Schema{"type": Schema{"const": "Polygon"}, "coordinates": Schema{"type": "array", "minItems": 1}}},
			check: func(value []byte) ([]byte, error) {
				area, err := polygonOf(value, o.Max)
				if err != nil {
					return nil, err
				}
				var rings []string
				for _, ring := range area {
					rings = append(rings, positions(ring))
				}
				return []byte(`{"coordinates":[` + strings.Join(rings, ",") + `],"type":"Polygon"}`), nil
			},
			show: func(value []byte, in *Locale) string {
				area, err := polygonOf(value, o.Max)
				if err != nil {
					return unreadable
				}
				size := geo.Area(area)
				if size < 100_000 {
					return in.Number(strconv.FormatFloat(size, 'f', 0, 64)) + " m²"
				}
				return in.Number(shortest(strconv.FormatFloat(size/1e6, 'f', 2, 64))) + " km²"
			},
		}, nil
	})
}

func polygonOf(value []byte, most int) (orb.Polygon, error) {
	list, err := coordinates(value, "Polygon")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, bad("count", "must have a ring")
	}
	var area orb.Polygon
	for i, e := range list {
		points, err := readList(e)
		if err != nil {
			return nil, bad("type", "must have rings of positions")
		}
		line, err := lineOf(points, most)
		if err != nil {
			return nil, err
		}
		ring := orb.Ring(line)
		if len(ring) < 4 || !ring.Closed() {
			return nil, bad("format", "must have rings of at least four positions that end where they begin")
		}
		if most -= len(ring); crosses(ring) {
			return nil, bad("format", "must have rings that do not cross themselves")
		}
		if outer := i == 0; outer == (ring.Orientation() == orb.CW) {
			ring.Reverse()
		}
		area = append(area, ring)
	}
	return area, nil
}

// crosses says whether two sides of a ring cross; of a ring of more than 1,000 sides it is not looked for.
func crosses(r orb.Ring) bool {
	n := len(r) - 1
	if n > 1000 {
		return false
	}
	turn := func(a, b, c orb.Point) float64 { return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0]) }
	for i := range n {
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue // they meet
			}
			a, b, c, d := r[i], r[i+1], r[j], r[j+1]
			if turn(a, b, c)*turn(a, b, d) < 0 && turn(c, d, a)*turn(c, d, b) < 0 {
				return true
			}
		}
	}
	return false
}

// geohashType is a cell of the earth by its geohash, in lower case; the longer the smaller.
func geohashType() *Type {
	return define(Type{
		Name: "geohash", Label: "Geohash", Group: GroupPlace, About: "A cell of the earth by its geohash: the longer, the smaller.",
		Storage: "varchar(12)", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellMono, Library: "mmcloughlin/geohash",
	}, none{}, func(none) (Field, error) {
		return formatted(12, "must be a geohash such as u33dc1", func(s string) (string, bool) {
			s = strings.ToLower(s)
			return s, len(s) > 0 && len(s) <= 12 && geohash.Validate(s) == nil
		}), nil
	})
}
