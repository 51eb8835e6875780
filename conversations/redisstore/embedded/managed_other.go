//go:build !unix

package embedded

import "context"

// startManaged: without Unix's process groups and locks a child cannot be held safely.
func startManaged(context.Context, string, Options) (*imitation, error) { return startImitation() }

func running(string) (socket string, ok bool) { return "", false }
