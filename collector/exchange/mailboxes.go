package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// ListingPays reports whether listing a tenant's mailboxes costs less than asking about each of so many
// accounts, when the tenant has so many users.
//
// An account costs three questions (Get-Mailbox, Get-CASMailbox, Get-MobileDevice). Each of these three is
// listed in pages of a thousand rows, of which there are about as many as thousands of users, and the two
// views of deleted mailboxes are short. A page keeps the service busy about as long as five questions are at
// the pace that it is asked: three seconds against a fifth of one, three at a time but five a second
// (assumed, as Microsoft publishes nothing). So a small roster goes on asking by name in a large tenant.
func (c *Client) ListingPays(accounts, users int) bool {
	const questions, listings, short, pageCost = 3, 3, 2, 5
	if _, ok := c.source.(lister); !ok {
		return false // files are at hand: asking them costs nothing
	}
	pages := listings*((users+pageRows-1)/pageRows) + short
	return accounts*questions > pages*pageCost
}

// Mailboxes are a tenant's mailboxes as it lists them, as far as they are of accounts that are wanted. It
// leads to the outcomes that Client's methods of the same names lead to, but asks about single accounts only
// where a listing leaves a doubt. A row is given out once; it is not held after that.
type Mailboxes struct {
	client    *Client
	wanted    map[string]bool
	views     map[string]*shelf
	protocols *shelf
	devices   *shelf
	places    *places
}

// ListMailboxes lists the mailboxes of a tenant and keeps those of the wanted accounts, by object id. A
// listing that breaks makes unknown what it was to tell. Seen is called, now and then, with how many live
// mailboxes there were so far.
func (c *Client) ListMailboxes(ctx context.Context, wanted map[string]bool, seen func(mailboxes int)) *Mailboxes {
	m := &Mailboxes{client: c, wanted: wanted, views: map[string]*shelf{}, places: newPlaces()}
	list := func(group *errgroup.Group, view string) {
		s := newShelf(getMailbox, mailboxProperties())
		m.views[view] = s
		count := 0
		group.Go(func() error {
			s.fill(ctx, c, within(view), func(raw json.RawMessage) error {
				if count++; view == stateLive && count%pageRows == 0 {
					seen(count)
				}
				return m.place(s, view, raw)
			})
			return nil
		})
	}
	var there, gone errgroup.Group
	list(&there, stateLive)
	m.protocols = newShelf(getCASMailbox, protocolProperties())
	there.Go(func() error {
		m.protocols.fill(ctx, c, map[string]any{}, m.placeProtocols)
		return nil
	})
	_ = there.Wait() // what went wrong is on the shelves
	// Afterwards: a mailbox that is deleted meanwhile is in one view or in both, but not in none.
	list(&gone, stateSoftDeleted)
	list(&gone, stateInactive)
	_ = gone.Wait()
	m.places.settle()
	return m
}

// place shelves a row of Get-Mailbox if its account is wanted, and takes down its names in any case.
func (m *Mailboxes) place(s *shelf, view string, raw json.RawMessage) error {
	var r struct {
		Identity, Name, Alias, GUID, ExchangeGUID, ExternalDirectoryObjectID *string
		UserPrincipalName, PrimarySMTPAddress, RecipientTypeDetails          *string
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("a mailbox that cannot be read: %w", err)
	}
	id := strings.ToLower(orEmpty(r.ExternalDirectoryObjectID))
	names := []*string{r.Identity, r.Name, r.Alias, r.GUID, r.ExchangeGUID, r.ExternalDirectoryObjectID, r.UserPrincipalName, r.PrimarySMTPAddress}
	if m.wanted[id] && view == stateLive {
		m.places.add(id, names)
	} else {
		m.places.add("", names)
	}
	switch {
	case m.wanted[id]:
		return s.put(id, raw)
	case id == "" && ofPerson(orEmpty(r.RecipientTypeDetails)):
		s.doubted() // it may be anybody's
	}
	return nil
}

func (m *Mailboxes) placeProtocols(raw json.RawMessage) error {
	var r struct{ GUID, ExternalDirectoryObjectID *string }
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("a mailbox that cannot be read: %w", err)
	}
	for _, id := range []string{strings.ToLower(orEmpty(r.ExternalDirectoryObjectID)), strings.ToLower(orEmpty(r.GUID))} {
		if m.wanted[id] {
			return m.protocols.put(id, raw)
		}
	}
	return nil
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// ofPerson reports whether a mailbox of that kind (RecipientTypeDetails) is one that belongs to an account of
// somebody, or may.
func ofPerson(kind string) bool {
	return kind == "" || slices.Contains([]string{"user", "sharedMailbox"}, recipientKind(kind))
}

// Mailbox is Client.Mailbox.
func (m *Mailboxes) Mailbox(ctx context.Context, id string) Outcome {
	o := mailboxOf(ctx, id, m.mailboxes)
	value, _ := o.Fact.Value.(row)
	if o.Fact.State != snapshot.Unknown && value["mailboxState"] != stateLive && m.protocols.has(id) {
		o.Fact = contradiction("Get-CASMailbox lists a mailbox of this account, Get-Mailbox does not")
		o.Fact.Needs = "another run"
	}
	return o
}

func (m *Mailboxes) mailboxes(ctx context.Context, id, view string) ([]row, snapshot.Provenance, error) {
	s := m.views[view]
	rows, err := s.take(m.wanted, id)
	if err == nil && len(rows) == 0 && s.doubtful {
		return m.client.mailboxes(ctx, id, view)
	}
	if wrong := accountsOwn(id, rows); wrong != nil {
		return nil, s.source(), wrong
	}
	return rows, s.source(), err
}

// Protocols is Client.Protocols.
func (m *Mailboxes) Protocols(_ context.Context, id string) Outcome {
	rows, err := m.protocols.take(m.wanted, id)
	o := protocolsOf(id, rows, m.protocols.source(), err)
	if err != nil && len(rows) == 1 {
		o.Fact.Value = rows[0]
	}
	return o
}

// ListDevices lists the mobile devices, which Devices then knows. It may take as long as ListMailboxes, but
// nothing else needs to wait for it.
func (m *Mailboxes) ListDevices(ctx context.Context) {
	m.devices = newShelf(getMobileDevice, deviceProperties())
	m.devices.fill(ctx, m.client, map[string]any{}, func(raw json.RawMessage) error {
		var r struct{ Identity *string }
		if err := json.Unmarshal(raw, &r); err != nil {
			return fmt.Errorf("a mobile device that cannot be read: %w", err)
		}
		id, known := m.places.find(owner(orEmpty(r.Identity)))
		switch {
		case !known:
			return errUnplaced
		case id != "":
			return m.devices.put(id, raw)
		}
		return nil
	})
	if errors.Is(m.devices.err, errUnplaced) {
		m.devices.doubted()
		clear(m.devices.rows)
	}
}

// errUnplaced ends a listing of devices: one that no mailbox is known of may be anybody's, so that nobody
// can be said to have none.
var errUnplaced = errors.New("a mobile device of a mailbox that is not listed")

// Devices is Client.Devices.
func (m *Mailboxes) Devices(ctx context.Context, mailbox map[string]any) Outcome {
	id := strings.ToLower(text(mailbox, "ExternalDirectoryObjectId"))
	if m.devices == nil || m.devices.doubtful || m.places.contested(mailbox) {
		return m.client.Devices(ctx, mailbox)
	}
	rows, err := m.devices.take(m.wanted, id)
	return m.client.devicesOf(ctx, mailbox, rows, m.devices.source(), err)
}

// Sources account for the listings, each once.
func (m *Mailboxes) Sources() []snapshot.Provenance {
	var out []snapshot.Provenance
	for _, s := range []*shelf{m.views[stateLive], m.views[stateSoftDeleted], m.views[stateInactive], m.protocols, m.devices} {
		if s != nil {
			out = append(out, s.from)
		}
	}
	return out
}

// list asks for everybody's objects.
func (c *Client) list(ctx context.Context, cmdlet string, parameters map[string]any, properties []string, keep func(json.RawMessage) error) (snapshot.Provenance, error) {
	l, ok := c.source.(lister)
	if !ok {
		err := &exportError{snapshot.NotCollected, "an Exchange export does not list " + cmdlet, "the Exchange REST interface"}
		return snapshot.Provenance{Endpoint: cmdlet}, err
	}
	if err := onlyReads(cmdlet, parameters); err != nil {
		return snapshot.Provenance{Endpoint: cmdlet}, err
	}
	parameters["ResultSize"] = "Unlimited"
	return l.list(ctx, cmdlet, parameters, properties, keep)
}

func twice(cmdlet string) error {
	return &wire.Error{Kind: wire.Integrity, Endpoint: cmdlet, Err: errors.New("the listing was not made for this account, or its row was used already")}
}
