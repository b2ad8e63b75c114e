package field

func structures() []*Type {
	return []*Type{
		jsonType(), mapType(), listType(), yamlType(), xmlType(), translatedType(), checklistType(), tableType(), vectorType(), binaryType(),
	}
}
