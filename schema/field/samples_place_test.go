package field

func placeSamples() samples {
	return samples{}
}
