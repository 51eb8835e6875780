// Package training holds the labelled messages that the built-in model is made of. They
// are written by the authors of Caravan; no customer's message is among them. Its own
// package keeps them out of every binary that does not train.
package training

import "embed"

// Files holds *.jsonl, one labelled message a line (routing.Example).
//
//go:embed *.jsonl
var Files embed.FS
