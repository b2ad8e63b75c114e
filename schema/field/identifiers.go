package field

func identifiers() []*Type {
	return []*Type{}
}
