package simtenant

import (
	"strings"
	"time"
)

// directory is everything that is in the tenant.
type directory struct {
	organisation organisation
	domains      []domain
	skus         []*sku
	users        []*user // live, in the order in which lists give them
	deleted      []*user
	groups       []*group
	contacts     []*contact
	mailboxes    []*mailbox // live, soft-deleted and inactive
	devices      []*managedDevice
	signIns      []*signIn // newest first
	audits       []*audit  // newest first
	usersByID    map[string]*user
	usersByUPN   map[string]*user
	recipients   []*recipient

	mailboxesByName  map[string][]*mailbox // names in lower case
	recipientsByName map[string][]*recipient

	identityDirectory
	mailDirectory

	principals map[string][]string // in lower case: a name of somebody who can hold rights -> all of them

	roster []rosterRow
	people []Person
}

type organisation struct {
	name, initialDomain string
	created             time.Time
	holds               []string // Get-OrganizationConfig's InPlaceHolds
}

type domain struct {
	name                         string
	verified, standard, original bool // isVerified, isDefault, isInitial
}

// sku is a subscription.
type sku struct {
	id, part string
	spare    int // seats that nobody has
	warning  int // of the seats, those of a subscription that has lapsed
	plans    []plan
	consumed int
}

type plan struct{ id, name string }

// licence is one assignment of a subscription to a person.
type licence struct {
	sku     *sku
	group   string   // the group that assigns it; empty: direct
	off     []string // ids of the plans that are switched off in it
	updated time.Time
}

// user is an account, live or deleted.
type user struct {
	id, upn, displayName, givenName, surname string
	mail, employeeID, jobTitle, department   string
	proxyAddresses, otherMails               []string
	enabled, guest                           bool
	created, deleted, leaves                 time.Time
	passwordChanged, validFrom               time.Time
	synced                                   bool
	lastSync                                 time.Time
	licences                                 []licence
	signIns                                  []*signIn
	neverSignedIn                            bool // signInActivity stays null
	mailbox                                  *mailbox
	onPremisesUPN                            string
	drive                                    *drive // nil: never provisioned
}

type signIn struct {
	id          string
	user        *user
	upn         string // as it was then
	at          time.Time
	interactive bool
	code        int // status.errorCode
	app         application
}

type application struct{ id, name, client, resource, resourceID string }

type audit struct {
	id, activity, category, service, operation, result, reason string
	at                                                         time.Time
	by                                                         initiator
	target                                                     *user
	targetUPN                                                  string
	group                                                      *group      // what the target was put into, nil for none
	changes                                                    [][3]string // property, old, new: JSON in strings
}

// initiator is a person or an application.
type initiator struct{ userID, userName, upn, appID, appName, principalID string }

type group struct {
	id, name, alias, mail string
	members               []*user
	nested                []*group
	groupNature
}

// contact is a mail contact: an outside address under a name of the tenant's.
type contact struct{ id, name, alias, mail, external string }

// The kinds of mailboxes, as RecipientTypeDetails names them.
const (
	userMailbox   = "UserMailbox"
	sharedMailbox = "SharedMailbox"
)

// Where a mailbox is: Get-Mailbox has a view for each.
const (
	liveMailbox     = "live"
	softDeleted     = "softDeleted"
	inactiveMailbox = "inactive"
)

type mailbox struct {
	owner                                *user
	kind, state                          string
	guid, exchangeGUID                   string
	name, alias, displayName, primary    string
	addresses                            []string
	forwardingAddress, forwardingSMTP    string
	keepsCopy, hidden                    bool
	delegates, sendAs, sendOnBehalf      []string
	deniedSendAs                         []string
	rights                               []mailboxRight
	accountOn                            bool // Exchange has not heard that the account is disabled
	litigation                           bool
	litigationDate                       time.Time
	holds                                []string
	tagHold, delayHold, delayReleaseHold bool
	softDeletedAt                        time.Time
	byDisable                            bool
	archive                              bool
	bytes                                int64
	items                                int
	neverOpened                          bool
	created                              time.Time
	protocols                            protocols
	devices                              []*mobileDevice
	folders                              []folder // beyond the well-known ones
	rules                                []*rule
}

type protocols struct {
	on                bool // every protocol but ActiveSync
	activeSync        bool
	blocked, allowed  []string
	smtpAuthIsDefault bool
	differ            map[string]any // properties of Get-CASMailbox that are not as the rest says
}

type mobileDevice struct {
	guid, id, kind, model, os, name, client            string
	accessState, accessReason                          string
	first, last                                        time.Time
	wipe, accountWipe                                  wipe
	managed                                            bool
	status                                             string
	remoteWipeSupported                                bool
	accessControlRule, requestor, accountOnlyRequestor string
}

// wipe is how far a wipe got.
type wipe struct{ requested, sent, acknowledged time.Time }

type folder struct{ name, wellKnown string }

type rule struct {
	name                                string
	disabled                            bool
	forwardTo, redirectTo, attachTo     []string
	delete, permanentDelete, markAsRead bool
	moveTo, copyTo                      string // a folder's display name
	stop                                bool
	subject                             string
}

type managedDevice struct {
	id, name, os, osVersion, serial, easID, azureID string
	user                                            *user
	userID, upn                                     string
	personal                                        bool
	state, compliance, agent                        string
	accessState, accessReason                       string
	enrolled, lastSync                              time.Time
	actions                                         []deviceAction
	offset                                          int // hours; Intune writes local times
}

type deviceAction struct {
	name, state        string
	started, lastMoved time.Time
}

// mangle is the UPN that an account gets when it is deleted.
func mangle(id, upn string) string { return strings.ReplaceAll(id, "-", "") + upn }

// activity is what signInActivity says of a person: it lags a day behind the log.
func (u *user) activity(now time.Time) map[string]any {
	if u.neverSignedIn {
		return nil
	}
	var interactive, silent, success *signIn
	later := func(have, s *signIn) *signIn {
		if have == nil || s.at.After(have.at) {
			return s
		}
		return have
	}
	for _, s := range u.signIns {
		if s.at.After(now.Add(-activityLag)) {
			continue
		}
		if s.interactive {
			interactive = later(interactive, s)
		} else {
			silent = later(silent, s)
		}
		if s.code == 0 {
			success = later(success, s)
		}
	}
	if interactive == nil && silent == nil {
		return nil
	}
	out := map[string]any{}
	for name, s := range map[string]*signIn{"lastSignIn": interactive, "lastNonInteractiveSignIn": silent, "lastSuccessfulSignIn": success} {
		out[name+"DateTime"], out[name+"RequestId"] = nil, nil
		if s != nil {
			out[name+"DateTime"], out[name+"RequestId"] = stamp(s.at), s.id
		}
	}
	return out
}

const activityLag = 24 * time.Hour
