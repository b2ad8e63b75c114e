package field

func choices() []*Type {
	return []*Type{booleanType(), selectType(), multiSelectType(), tagsType(), statusType()}
}
