package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Record adds an entry to the audit trail, once.
func (s *Store) Record(ctx context.Context, e conversations.AuditEntry) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	op := opID()
	t := newTx(keyBoardLog)
	t.op = op
	t.check("value", keyOp(op), "", "")
	t.do("XADD", keyAudit, "*", "e", string(raw))
	t.noted(keyOp(op))
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) { // our own writing, whose answer was lost
		return nil
	}
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// auditMost is how many entries are looked through for one page.
const auditMost = 5000

// Audit lists entries of the trail, the latest first. A page may be short; the
// last one has no Next.
func (s *Store) Audit(ctx context.Context, q conversations.AuditQuery) (conversations.AuditPage, error) {
	var page conversations.AuditPage
	till, from := "+", "-"
	if !q.To.IsZero() {
		till = "(" + positionAt(q.To).String()
	}
	if !q.From.IsZero() {
		from = positionAt(q.From).String()
	}
	if q.Cursor != "" {
		at := parsePosition(q.Cursor)
		if at.String() != q.Cursor {
			return page, conversations.ErrCursor
		}
		till = "(" + q.Cursor
	}
	if till == "("+(position{}).String() { // nothing is before the first position, and Redis refuses the question
		return page, nil
	}
	for looked := 0; looked < auditMost; {
		cmd := redis.NewXMessageSliceCmd(ctx, "xrevrange", keyAudit, till, from, "count", 500)
		if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
			return page, fmt.Errorf("audit: %w", err)
		}
		for _, x := range cmd.Val() {
			e, err := auditEntry(x)
			if err != nil {
				return page, err
			}
			looked++
			till, page.Next = "("+x.ID, x.ID
			if (q.Officer == "" || e.By.ID == string(q.Officer)) && (q.Action == "" || e.Action == q.Action) {
				page.Items = append(page.Items, e)
			}
			if len(page.Items) == q.Limit {
				return s.auditEnd(ctx, page, from)
			}
		}
		if len(cmd.Val()) < 500 {
			page.Next = ""
			break
		}
	}
	return page, nil
}

// auditEnd drops the cursor of a full page behind which there is nothing.
func (s *Store) auditEnd(ctx context.Context, page conversations.AuditPage, from string) (conversations.AuditPage, error) {
	cmd := redis.NewXMessageSliceCmd(ctx, "xrevrange", keyAudit, "("+page.Next, from, "count", 1)
	if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
		return page, fmt.Errorf("audit: %w", err)
	}
	if len(cmd.Val()) == 0 {
		page.Next = ""
	}
	return page, nil
}

func auditEntry(x redis.XMessage) (conversations.AuditEntry, error) {
	raw, _ := x.Values["e"].(string)
	var e conversations.AuditEntry
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		return e, fmt.Errorf("audit entry %s: %w", x.ID, err)
	}
	e.ID = x.ID
	return e, nil
}
