package field

func relations() []*Type {
	return []*Type{}
}
