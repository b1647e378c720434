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
// continues there at constant cost and repeats the total of the first page;
// a cursor that was changed, or comes from another filter, is kyc.Invalid.
func (s *Store) FilterSessions(ctx context.Context, tx kyc.Tx, f kyc.SessionFilter) (kyc.SessionPage, error) {
	u := use(tx)
	limit, offset, err := window(f.Page, f.PageSize)
	if err != nil {
		return kyc.SessionPage{}, err
	}
	c, err := s.conditions(ctx, u, f)
	if err != nil {
		return kyc.SessionPage{}, err
	}
	after, order := "<", "DESC"
	if f.Ascending {
		after, order = ">", "ASC"
	}
	var page kyc.SessionPage
	if f.Cursor != "" {
		at, err := s.readCursor(f)
		if err != nil {
			return kyc.SessionPage{}, err
		}
		page.Total, offset = at.total, 0
		c.add("(s.created_at, s.id) " + after + " (" + c.args.add(at.created) + ", " + c.args.add(at.id) + ")")
	} else if err := u.QueryRowContext(ctx, `SELECT COUNT(*) FROM sessions s `+c.where(), c.args...).Scan(&page.Total); err != nil {
		return kyc.SessionPage{}, err
	}
	// One row more than asked for tells whether there is a next page.
	rest := c.where() + ` ORDER BY s.created_at ` + order + `, s.id ` + order +
		` LIMIT ` + c.args.add(limit+1) + ` OFFSET ` + c.args.add(offset)
	if page.Sessions, err = s.sessions(ctx, u, rest, c.args...); err != nil {
		return kyc.SessionPage{}, err
	}
	if len(page.Sessions) > limit {
		page.Sessions = page.Sessions[:limit]
		last := page.Sessions[limit-1]
		page.Next = s.writeCursor(f, position{created: micro(last.CreatedAt), id: last.ID, total: page.Total})
	}
	return page, nil
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

func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(c.parts, " AND ")
}

func (s *Store) conditions(ctx context.Context, u *unit, f kyc.SessionFilter) (*conditions, error) {
	c := &conditions{}
	c.equal("s.account_id", f.AccountID)
	c.equal("s.id", f.SessionID)
	c.equal("s.scenario_id", f.ScenarioID)
	if !f.From.IsZero() {
		c.add("s.created_at >= " + c.args.add(micro(f.From)))
	}
	if !f.To.IsZero() {
		c.add("s.created_at < " + c.args.add(micro(f.To)))
	}
	if len(f.Statuses) > len(kyc.Statuses()) || len(f.Error) > maxTerms || len(f.OCR) > maxTerms {
		return nil, kyc.ErrInvalid(fmt.Sprintf("filters: at most %d values of one kind", maxTerms))
	}
	if len(f.Statuses) > 0 {
		c.add("s.status IN (" + in(&c.args, f.Statuses) + ")")
	}
	if len(f.Error) > 0 {
		c.add("s.id IN (SELECT session_id FROM session_errors WHERE code IN (" + in(&c.args, f.Error) + "))")
	}
	return c, s.blindConditions(ctx, u, f, c)
}

// blindConditions adds what is searched for by blind index.
func (s *Store) blindConditions(ctx context.Context, u *unit, f kyc.SessionFilter, c *conditions) error {
	if f.ClientKey == "" && f.ClientUser == "" && f.ClientID == "" && len(f.OCR) == 0 {
		return nil
	}
	refs, err := s.accountsToSearch(ctx, u, f.AccountID)
	if err != nil {
		return err
	}
	match := func(format, field, value string) error {
		indexes := make([][]byte, len(refs))
		for i, ref := range refs {
			if indexes[i], err = s.blind(ref, field, value); err != nil {
				return err
			}
		}
		if len(indexes) == 0 {
			c.add("FALSE")
			return nil
		}
		c.add(fmt.Sprintf(format, in(&c.args, indexes)))
		return nil
	}
	for _, exact := range []struct{ column, field, value string }{
		{"client_key_index", fieldClientKey, f.ClientKey},
		{"client_user_index", fieldClientUser, f.ClientUser},
		{"client_id_index", fieldClientID, f.ClientID},
	} {
		if exact.value == "" {
			continue
		}
		if err := match("s."+exact.column+" IN (%s)", exact.field, exact.value); err != nil {
			return err
		}
	}
	for _, title := range sortedKeys(f.OCR) {
		value := normalise(f.OCR[title])
		if value == "" {
			return kyc.ErrInvalid("filters.ocr: give at least one letter or digit to search for")
		}
		column, field := "titled", fieldTitled(title)
		if title == "" {
			column, field = "anywhere", fieldAnywhere
		}
		if err := match("s.id IN (SELECT session_id FROM session_words WHERE "+column+" IN (%s))", field, value); err != nil {
			return err
		}
	}
	return nil
}

// accountsToSearch reads the keys that blind indexes are made with: one
// account's, or everybody's for an administrator.
func (s *Store) accountsToSearch(ctx context.Context, u *unit, accountID string) ([]kyc.KeyRef, error) {
	rows, err := u.QueryContext(ctx, `SELECT id, key FROM accounts WHERE $1 = '' OR id = $1 LIMIT $2`, accountID, maxAccounts+1)
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
