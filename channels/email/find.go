package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/caravan-desk/caravan/channels"
)

// errCannotTell is returned by Find where nothing can be asked.
var errCannotTell = errors.New("cannot tell whether the mail was sent")

// Find looks for a message in the folder where the provider files what it was
// given to send. Gmail and Microsoft 365 do so by themselves; a plain server
// does not, and its silence proves nothing: "not found" is said only where other
// mail of ours is in that folder. A copy may take a minute to appear. We file no
// copies ourselves: one of ours would say that we meant to send, not that the
// server took it, and would make the silence of a plain server look like proof.
func (s *Sender) Find(ctx context.Context, m channels.Outbound) (providerID string, found bool, err error) {
	if s.Config.IMAP == nil {
		return "", false, fmt.Errorf("%w: no imap is configured beside smtp", errCannotTell)
	}
	c, err := dialIMAP(ctx, *s.Config.IMAP, s.TLS, nil)
	if err != nil {
		return "", false, fmt.Errorf("look into sent mail: %w", err)
	}
	defer c.close()
	folder, err := sentFolder(c, s.Config.IMAP.Sent)
	if err != nil {
		return "", false, err
	}
	err = c.within(commandTimeout, func() error {
		_, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if err != nil {
		return "", false, fmt.Errorf("open sent mail: %w", err)
	}
	id := letter{Outbound: m, Signer: s.Signer, From: s.from()}.id()
	for _, q := range []struct{ field, value string }{{"Message-ID", id}, {MarkerHeader, s.Signer.Token(m.MessageID)}} {
		if found, err = anyWith(c, q.field, q.value); found || err != nil {
			return id, found, err
		}
	}
	if filed, err := anyWith(c, MarkerHeader, ""); err != nil || !filed {
		return "", false, errors.Join(fmt.Errorf("%w: sent mail is not filed in %s", errCannotTell, folder), err)
	}
	return "", false, nil
}

// anyWith reports whether a mail in the folder has the field with the value;
// an empty value asks for the field alone (RFC 9051 §6.4.4).
func anyWith(c *imapConn, field, value string) (bool, error) {
	var data *imap.SearchData
	err := c.within(commandTimeout, func() (err error) {
		data, err = c.UIDSearch(&imap.SearchCriteria{
			Header: []imap.SearchCriteriaHeaderField{{Key: field, Value: value}},
		}, nil).Wait()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("search sent mail: %w", err)
	}
	set, _ := data.All.(imap.UIDSet)
	return len(set) > 0, nil
}

// sentFolder is the configured folder, or the one marked \Sent (RFC 6154), or
// one of a usual name.
func sentFolder(c *imapConn, configured string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	var list []*imap.ListData
	err := c.within(commandTimeout, func() (err error) {
		list, err = c.List("", "*", nil).Collect()
		return err
	})
	if err != nil {
		return "", fmt.Errorf("list folders: %w", err)
	}
	for _, d := range list {
		if slices.Contains(d.Attrs, imap.MailboxAttrSent) {
			return d.Mailbox, nil
		}
	}
	for _, d := range list {
		name := d.Mailbox
		if d.Delim != 0 {
			name = name[strings.LastIndex(name, string(d.Delim))+1:]
		}
		switch strings.ToLower(name) {
		case "sent", "sent items", "sent mail", "sent messages":
			return d.Mailbox, nil
		}
	}
	return "", fmt.Errorf("%w: there is no folder of sent mail", errCannotTell)
}
