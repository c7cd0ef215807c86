package roster

import (
	"fmt"
	"strings"
)

// SourceKind is a way in which a tenant says itself who left.
type SourceKind string

// The kinds.
const (
	// LeaveDate is everybody, live or deleted, who has an employeeLeaveDateTime.
	LeaveDate SourceKind = "leave-date"
	// Group is the people in a group, through other groups too.
	Group SourceKind = "group"
	// Deleted is the accounts that were deleted and can still be restored, guests too.
	Deleted SourceKind = "deleted"
	// Disabled is the live accounts that may not sign in.
	Disabled SourceKind = "disabled"
)

// Source is a roster that the tenant keeps, as opposed to a file.
type Source struct {
	Kind SourceKind
	// Group is the object id of the group, in lower case; empty for the other kinds.
	Group string
	// Guests says that disabled guests count too, and not members alone.
	Guests bool
}

const sourcePrefix = "entra:"

// IsSource reports whether a roster is meant to be read from the tenant. A file of such a name is "./entra:...".
func IsSource(text string) bool {
	return len(text) >= len(sourcePrefix) && strings.EqualFold(text[:len(sourcePrefix)], sourcePrefix)
}

// ParseSource reads "entra:leave-date", "entra:group=ID", "entra:deleted", "entra:disabled" (members) and
// "entra:disabled=all" (guests too).
func ParseSource(text string) (Source, error) {
	if !IsSource(text) {
		return Source{}, fmt.Errorf("%q does not begin with %s", text, sourcePrefix)
	}
	kind, value, given := strings.Cut(text[len(sourcePrefix):], "=")
	s := Source{Kind: SourceKind(strings.ToLower(kind))}
	switch {
	case s.Kind == Group:
		if s.Group = strings.ToLower(value); !IsObjectID(s.Group) {
			return Source{}, fmt.Errorf("%q names no group; it needs the group's object id, as in entra:group=6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11", text)
		}
		return s, nil
	case s.Kind == Disabled && given:
		if s.Guests = strings.EqualFold(value, "all"); s.Guests {
			return s, nil
		}
	case !given && (s.Kind == LeaveDate || s.Kind == Deleted || s.Kind == Disabled):
		return s, nil
	}
	return Source{}, fmt.Errorf("%q is none of entra:leave-date, entra:group=ID, entra:deleted, entra:disabled, entra:disabled=all", text)
}

// String is the source as ParseSource reads it.
func (s Source) String() string {
	text := sourcePrefix + string(s.Kind)
	switch {
	case s.Kind == Group:
		text += "=" + s.Group
	case s.Guests:
		text += "=all"
	}
	return text
}
