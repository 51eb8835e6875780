//go:build !race

package callbacks

// worlds is how many are played.
const worlds = 1000
