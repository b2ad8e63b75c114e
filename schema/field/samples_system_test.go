package field

func systemSamples() samples {
	return samples{}
}
