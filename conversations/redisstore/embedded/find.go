package embedded

import "os/exec"

// programs are the servers that can be the store, best known first.
var programs = []string{"redis-server", "valkey-server"}

// Find returns the path of the server program that is installed, if any.
func Find() (path string, ok bool) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}
