package api

// metaOperations describe what is the same for every tenant.
func metaOperations() []operation {
	return []operation{
		{
			method: "GET", path: "/api/v1/meta/field-types", id: "fieldTypes", tag: "tables", summary: "The types that fields of tables can have",
			answers: map[int]any{200: []FieldType{}}, refusals: []int{400, 429, 503},
		},
	}
}
