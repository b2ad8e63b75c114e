package field

func structures() []*Type {
	return []*Type{}
}
