package field

func texts() []*Type {
	return []*Type{
		textType(), longTextType(), richTextType(), markdownType(), codeType(), slugType(), emailType(), phoneType(), urlType(),
		domainType(), hostnameType(), ipType(), cidrType(), macType(), aiTextType(),
	}
}
