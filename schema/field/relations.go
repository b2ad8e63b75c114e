package field

func relations() []*Type {
	return []*Type{
		linkType(), linksType(), anyLinkType(), userType(), usersType(), voteType(), formulaType(), lookupType(), rollupType(), countType(),
	}
}
