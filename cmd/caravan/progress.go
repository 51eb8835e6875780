package main

import (
	"fmt"
	"os"
)

// progress returns a function that shows how far long work has come, if stderr
// is a terminal; else nil.
func progress(e *env, what string) func(done, of int) {
	f, ok := e.stderr.(*os.File)
	if !ok {
		return nil
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(done, of int) {
		fmt.Fprintf(f, "\r%d of %d %s", done, of, what)
		if done == of {
			fmt.Fprintln(f)
		}
	}
}
