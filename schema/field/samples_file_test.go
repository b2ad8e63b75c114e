package field

func fileSamples() samples {
	return samples{}
}
