//go:build race

package callbacks

// worlds is how many are played where everything takes ten times as long.
const worlds = 200
