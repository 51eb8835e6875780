// Package caravan is the root of the house and holds no code: only the tests that
// keep its plan. arch_test.go says, as data, which package may import which and who
// owns which outside library; house_test.go holds the size of files and functions.
// Start reading at docs/flow.md and channels/channels.go.
package caravan
