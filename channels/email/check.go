package email

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// CheckIMAP signs in, and opens the folder that is read, as Mailbox would; it
// reads nothing. tlsConfig may be nil. ErrSignIn if the server refuses who we are.
func CheckIMAP(ctx context.Context, cfg IMAP, tlsConfig *tls.Config) error {
	c, err := dialIMAP(ctx, cfg, tlsConfig, nil)
	if err != nil {
		return err
	}
	defer c.close()
	after, err := parseAfter(cfg.After)
	if err != nil {
		return err
	}
	folder := (&Mailbox{IMAP: cfg}).folder()
	err = c.within(commandTimeout, func() error {
		_, err := c.Select(folder, &imap.SelectOptions{ReadOnly: after.leaves()}).Wait()
		return err
	})
	if err != nil {
		return fmt.Errorf("open folder %s: %w", folder, err)
	}
	return nil
}

// CheckSMTP signs in as Sender would, and sends nothing.
func CheckSMTP(ctx context.Context, cfg SMTP, tlsConfig *tls.Config) error {
	p := newPool(cfg, tlsConfig)
	defer p.close()
	c, err := p.get(ctx)
	if err != nil {
		return err
	}
	p.put(c, true)
	return nil
}
