package email

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certFiles is a certificate in files that somebody renews while we run.
type certFiles struct {
	certFile, keyFile string

	mu       sync.Mutex
	loaded   *tls.Certificate
	modified time.Time // of the file when it was loaded
}

func newCertFiles(certFile, keyFile string) (*certFiles, error) {
	c := &certFiles{certFile: certFile, keyFile: keyFile}
	if _, err := c.get(nil); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *certFiles) config() *tls.Config {
	return &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}
}

// get loads the files again when they have changed. A renewal that is half
// done, or wrong, leaves the old certificate in use.
func (c *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	about, err := os.Stat(c.certFile)
	if err == nil && c.loaded != nil && about.ModTime().Equal(c.modified) {
		return c.loaded, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.certFile, c.keyFile)
	}
	switch {
	case err == nil:
		c.loaded, c.modified = &pair, about.ModTime()
	case c.loaded == nil:
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return c.loaded, nil
}

// same compares secrets without telling how far they agree.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
