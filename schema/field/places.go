package field

func places() []*Type {
	return []*Type{geoPointType(), geoLineType(), geoPolygonType(), geohashType(), addressType()}
}
