//go:build !linux

package vision

// giveBackFreed has nothing to ask of other systems' allocators.
func giveBackFreed() {}
