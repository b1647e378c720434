package store

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of lists (wire contract, section 4).
const (
	defaultPageSize = 20
	maxPageSize     = 1000
	maxTerms        = 20   // OCR terms or codes in one filter
	maxAccounts     = 5000 // accounts that one search by personal data may span
)

// window turns page and size into limit and offset.
func window(page, size int) (limit, offset int, err error) {
	if page == 0 {
		page = 1
	}
	if size == 0 {
		size = defaultPageSize
	}
	switch {
	case page < 1:
		return 0, 0, kyc.ErrInvalid("page: must be 1 or more")
	case size < 1 || size > maxPageSize:
		return 0, 0, kyc.ErrInvalid(fmt.Sprintf("pageSize: must be 1 to %d", maxPageSize))
	case page > 1<<31/size:
		return 0, 0, kyc.ErrInvalid("page: too far; use a cursor")
	}
	return size, (page - 1) * size, nil
}

// FilterSessions reads one page of an account's sessions. With a cursor it
// continues there at constant cost and carries the total on; a cursor that was
// changed, or comes from another filter, is kyc.Invalid.
//
// The total is counted up to a limit and estimated beyond it, but never below
// what the page shows to be there, and exact again at the list's end. So whoever
// reads page by page until the total is reached has read everything.
func (s *Store) FilterSessions(ctx context.Context, tx kyc.Tx, f kyc.SessionFilter) (kyc.SessionPage, error) {
	u := use(tx)
	limit, offset, err := window(f.Page, f.PageSize)
	if err != nil {
		return kyc.SessionPage{}, err
	}
	var at position
	if f.Cursor != "" {
		if at, err = s.readCursor(f); err != nil {
			return kyc.SessionPage{}, err
		}
		offset = 0
	}
	c, err := s.search(ctx, u, f)
	if err != nil {
		return kyc.SessionPage{}, err
	}
	seen := offset
	var page kyc.SessionPage
	if f.Cursor != "" {
		c.after, seen = &at, at.seen
		page.Total, page.Estimated = at.total, at.estimated
	}
	// One row more than asked for tells whether there is a next page.
	query, a := c.page(limit+1, offset)
	if page.Sessions, err = s.sessionsBy(ctx, u, query, a...); err != nil {
		return kyc.SessionPage{}, err
	}
	more := len(page.Sessions) > limit
	if more {
		page.Sessions = page.Sessions[:limit]
	}
	seen += len(page.Sessions)
	if err := s.total(ctx, u, c, f, &page, seen, more); err != nil || !more {
		return page, err
	}
	last := page.Sessions[limit-1]
	page.Next = s.writeCursor(f, position{created: micro(last.CreatedAt), id: last.ID, total: page.Total, estimated: page.Estimated, seen: seen})
	return page, nil
}

// page is the statement for the sessions of a page: first their places in the
// list, from an index alone, then only the rows that are on the page.
func (c *search) page(limit, offset int) (string, args) {
	a := append(args{}, c.args...)
	keys := c.keys(&a, limit, offset)
	where := ""
	if c.account != "" { // once more, whatever index the places come from
		where = "WHERE s.account_id = " + c.account
	}
	return used(`SELECT `+sessionColumns+` FROM (`+keys+`) k JOIN sessions s ON s.id = k.id JOIN accounts a ON a.id = s.account_id `+
		where+` ORDER BY k.created_at `+c.order+`, k.id `+c.order, a)
}

// conditions is a WHERE clause that is being put together.
type conditions struct {
	args  args
	parts []string
}

func (c *conditions) add(part string) { c.parts = append(c.parts, part) }

func (c *conditions) equal(column, value string) {
	if value != "" {
		c.add(column + " = " + c.args.add(value))
	}
}

func (c *conditions) where() string { return where(c.parts) }

func where(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(parts, " AND ")
}

// accountsToSearch reads the keys that blind indexes are made with: one
// account's, or everybody's for an administrator.
func (s *Store) accountsToSearch(ctx context.Context, u *unit, accountID string) ([]kyc.KeyRef, error) {
	if accountID != "" {
		ref, err := s.knownAccount(ctx, u, accountID)
		if kyc.KindOf(err) == kyc.NotFound {
			return nil, nil
		}
		return []kyc.KeyRef{ref}, err
	}
	rows, err := u.QueryContext(ctx, `SELECT id, key FROM accounts LIMIT $1`, maxAccounts+1)
	refs, err := collect(rows, err, func(r row) (ref kyc.KeyRef, err error) {
		err = r.Scan(&ref.AccountID, &ref.AccountKey)
		return ref, err
	})
	if len(refs) > maxAccounts {
		return nil, kyc.ErrInvalid("filters.userId: too many accounts to search by personal data; name one")
	}
	return refs, err
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
