package field

func files() []*Type {
	return []*Type{}
}
