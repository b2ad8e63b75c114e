package client

// ComposePatches is composePatches.
var ComposePatches = composePatches
