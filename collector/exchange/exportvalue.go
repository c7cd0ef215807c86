package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
)

// kind is what a property of a cmdlet's object is. Files do not say it: CSV knows only text, and
// PowerShell writes enumerations as numbers, lists as names of types, and dates as it likes.
type kind int

const (
	textKind kind = iota + 1
	enumKind
	boolKind
	numberKind
	dateKind
	tokensKind    // a list of words without spaces
	rightsKind    // tokens, which .NET itself joins with commas
	addressesKind // a list of addresses, "SMTP:" or "X500:" and the like before each
	namesKind     // a list of names of recipients, such as `"Name" [SMTP:a@b.example]`
)

// kinds are the properties that are read from an export, in lower case; all others are left out.
func kinds() map[string]kind {
	out := map[string]kind{}
	for k, names := range map[kind]string{
		textKind: `Identity Alias Name Guid ExchangeGuid ExternalDirectoryObjectId UserPrincipalName DisplayName PrimarySmtpAddress DistinguishedName
			ForwardingAddress ForwardingSmtpAddress LitigationHoldDuration RetentionPolicy ArchiveGuid ProhibitSendReceiveQuota
			DeviceId DeviceModel DeviceOS DeviceType FriendlyName StatusNote LastDeviceWipeRequestor LastAccountOnlyDeviceWipeRequestor
			TotalItemSize TotalDeletedItemSize MailboxGuid User Trustee MoveToFolder Description
			Mailbox ExternalEmailAddress AskedTrustee`,
		enumKind: `RecipientTypeDetails ArchiveStatus ClientType DeviceAccessState DeviceAccessStateReason Status AccessControlType InheritanceType`,
		boolKind: `DeliverToMailboxAndForward HiddenFromAddressListsEnabled LitigationHoldEnabled ComplianceTagHoldApplied DelayHoldApplied
			DelayReleaseHoldApplied RetentionHoldEnabled IsInactiveMailbox IsSoftDeletedByDisable IsSoftDeletedByRemove AccountDisabled IsDirSynced
			ActiveSyncEnabled OWAEnabled OWAforDevicesEnabled MAPIEnabled EwsEnabled PopEnabled ImapEnabled OutlookMobileEnabled
			OneWinNativeOutlookEnabled MacOutlookEnabled UniversalOutlookEnabled ECPEnabled SmtpClientAuthenticationDisabled HasActiveSyncDevicePartnership
			IsManaged IsCompliant IsDisabled IsRemoteWipeSupported IsArchiveMailbox Enabled InError DeleteMessage StopProcessingRules
			IsInherited Inherited Deny DelayedDelicensingEnabled OAuth2ClientProfileEnabled AuditDisabled`,
		numberKind: `ItemCount DeletedItemCount RuleIdentity`,
		dateKind: `LitigationHoldDate WhenSoftDeleted InactiveMailboxRetireTime WhenMailboxCreated FirstSyncTime WhenChanged LastSyncAttemptTime
			LastSuccessSync DeviceWipeRequestTime DeviceWipeSentTime DeviceWipeAckTime AccountOnlyDeviceWipeRequestTime
			AccountOnlyDeviceWipeSentTime AccountOnlyDeviceWipeAckTime LastLogonTime`,
		tokensKind:    `InPlaceHolds PersistedCapabilities ActiveSyncBlockedDeviceIDs ActiveSyncAllowedDeviceIDs`,
		rightsKind:    `AccessRights`,
		addressesKind: `EmailAddresses`,
		namesKind:     `GrantSendOnBehalfTo ForwardTo RedirectTo ForwardAsAttachmentTo`,
	} {
		for name := range strings.FieldsSeq(names) {
			out[strings.ToLower(name)] = k
		}
	}
	return out
}

// dispensable are the properties, in lower case, without which a row still says what it must: they
// decorate a verdict, or stand beside others that name the same thing. The lack of any other makes the
// row unusable: a property that is not in the file is not the same as one that is empty.
func dispensable() map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq(`Identity Alias Name Guid UserPrincipalName DisplayName MailboxGuid
		LitigationHoldDate LitigationHoldDuration RetentionPolicy InactiveMailboxRetireTime IsSoftDeletedByDisable IsSoftDeletedByRemove
		ProhibitSendReceiveQuota WhenMailboxCreated PersistedCapabilities OutlookMobileEnabled OneWinNativeOutlookEnabled MacOutlookEnabled
		UniversalOutlookEnabled ECPEnabled ActiveSyncAllowedDeviceIDs HasActiveSyncDevicePartnership
		DeviceModel DeviceOS FriendlyName DeviceAccessStateReason FirstSyncTime IsManaged IsCompliant IsDisabled WhenChanged
		StatusNote LastSyncAttemptTime LastSuccessSync LastDeviceWipeRequestor LastAccountOnlyDeviceWipeRequestor IsRemoteWipeSupported
		ItemCount TotalDeletedItemSize DeletedItemCount LastLogonTime IsArchiveMailbox RuleIdentity InError StopProcessingRules Description
		InheritanceType DelayedDelicensingEnabled OAuth2ClientProfileEnabled AuditDisabled`) {
		out[strings.ToLower(name)] = true
	}
	// It has one of the two, and by what name depends on the version.
	out["get-recipientpermission inherited"], out["get-recipientpermission isinherited"] = true, true
	return out
}

// filled are properties of a cmdlet's objects that always have a value. The faster cmdlets (Get-EXO...)
// read only some properties, and Select-Object makes empty ones of the rest: a forwarding address that
// was never read would look like none. At least one of each set that matters is here.
func filled(cmdlet string) []string {
	switch cmdlet {
	case getMailbox:
		return []string{"DeliverToMailboxAndForward", "LitigationHoldEnabled", "HiddenFromAddressListsEnabled", "RecipientTypeDetails"}
	case getCASMailbox:
		return []string{"ActiveSyncEnabled", "OWAEnabled", "OWAforDevicesEnabled", "MAPIEnabled", "PopEnabled", "ImapEnabled"}
	case getInboxRule:
		return []string{"Enabled"}
	case getMobileDevice:
		return []string{"DeviceId", "DeviceAccessState"}
	case getMailboxPermission:
		return []string{"User", "AccessRights"}
	case getRecipientPermission:
		return []string{"Trustee", "AccessRights"}
	}
	return nil
}

var (
	// A .NET object that was made text by its type's name says nothing of its content.
	typeName = regexp.MustCompile("^(Deserialized\\.)?(System\\.[A-Za-z0-9_.+]+|Microsoft\\.(Exchange\\.(Data|Management|Configuration)|Online)\\.[A-Za-z0-9_.+]+)(`\\d+)?(\\[.*\\])?$")
	token    = regexp.MustCompile(`^[A-Za-z0-9:_.{}\-]+$`)
	digits   = regexp.MustCompile(`^-?\d+$`)
	dateMS   = regexp.MustCompile(`^/Date\((-?\d{1,15})\)/$`)
	// Two elements that were joined by a space, as PowerShell makes a list text.
	joinedAddresses = regexp.MustCompile(`\s[A-Za-z0-9]{2,12}:`)
	joinedNames     = regexp.MustCompile(`\]\s+\S`)
)

// typed makes a file's value what the service's answer would have had. Its errors say what is wrong
// with the value, which is then unknown.
func typed(k kind, value any) (any, error) {
	value, err := plain(value)
	if value == nil || err != nil {
		return nil, err
	}
	switch k {
	case boolKind:
		return boolean(value)
	case numberKind:
		return number(value)
	case dateKind:
		return date(value)
	case tokensKind, rightsKind, addressesKind, namesKind:
		return items(k, value)
	case textKind, enumKind:
	}
	s, ok := value.(string)
	switch {
	case !ok:
		return nil, fmt.Errorf("is %s where text is expected", shape(value))
	case k == enumKind && digits.MatchString(s):
		return nil, fmt.Errorf("is the number %.20s, which names no value", s)
	case lost(s):
		return nil, fmt.Errorf("is %.60q, the name of a type instead of a value", s)
	}
	return s, nil
}

// plain unwraps what PowerShell wraps: {"Value":"text", ...}, {"value":"/Date(1)/","DateTime":...} and
// {"value":[...],"Count":1}.
func plain(value any) (any, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return value, nil
	}
	if list, ok := object["value"].([]any); ok {
		return list, nil
	}
	for _, key := range []string{"value", "Value", "Guid"} {
		if s, ok := object[key].(string); ok {
			return s, nil
		}
	}
	return nil, errors.New("is an object without a Value that is text")
}

// lost reports whether text stands for an object that is not there.
func lost(s string) bool { return typeName.MatchString(s) || strings.HasPrefix(s, "@{") }

func shape(value any) string {
	switch value.(type) {
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "text"
}

func boolean(value any) (any, error) {
	if b, ok := value.(bool); ok {
		return b, nil
	}
	s, _ := value.(string)
	switch {
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	case s != "":
		return nil, fmt.Errorf("is %.40q, neither True nor False", s)
	}
	return nil, fmt.Errorf("is %s, neither true nor false", shape(value))
}

func number(value any) (any, error) {
	if n, ok := value.(json.Number); ok && digits.MatchString(n.String()) {
		return n, nil
	}
	if s, ok := value.(string); ok && digits.MatchString(s) && len(s) <= 20 {
		return json.Number(s), nil
	}
	return nil, errors.New("is no whole number")
}

// date reads ISO 8601 as the service writes it, and the form of Windows PowerShell's JSON. Dates in the
// manner of a country are refused: 05/06 is in May or in June.
func date(value any) (any, error) {
	s, ok := value.(string)
	if !ok {
		return nil, fmt.Errorf("is %s where a date is expected", shape(value))
	}
	if m := dateMS.FindStringSubmatch(s); m != nil {
		ms, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("is %.40q, which is no date", s)
		}
		at := time.UnixMilli(ms).UTC()
		if at.Year() < 1 {
			at = time.Time{}
		}
		if at.Year() > 9999 {
			return nil, fmt.Errorf("is %.40q, which is no date", s)
		}
		return at.Format(time.RFC3339Nano), nil
	}
	at, err := snapshot.UTC(s)
	if err != nil {
		return nil, fmt.Errorf("is %.40q, not a date such as 2026-05-29T16:00:00Z", s)
	}
	return at, nil
}

// items reads a list: an array, or text in which semicolons or line ends part the items.
func items(k kind, value any) (any, error) {
	var parts []any
	split := false
	switch v := value.(type) {
	case []any:
		parts = v
	case string:
		separator := func(r rune) bool { return r == ';' || r == '\n' || r == '\r' || r == ',' && k == rightsKind }
		for _, part := range strings.FieldsFunc(v, separator) {
			parts = append(parts, strings.TrimSpace(part))
		}
		split = true
	default:
		return nil, fmt.Errorf("is %s where a list is expected", shape(value))
	}
	out := make([]any, 0, len(parts))
	for _, part := range parts {
		unwrapped, err := plain(part)
		if err != nil {
			return nil, fmt.Errorf("has an item that %w", err)
		}
		s, ok := unwrapped.(string)
		if !ok || s == "" {
			return nil, errors.New("has an item that is no text")
		}
		if lost(s) || split && joined(k, s) {
			return nil, fmt.Errorf("is %.60q, which is no list of values", s)
		}
		out = append(out, s)
	}
	return out, nil
}

// joined reports whether an item that was cut out of text does not look like one item of its kind.
func joined(k kind, item string) bool {
	switch k {
	case addressesKind:
		return joinedAddresses.MatchString(item) || strings.ContainsAny(item, `,{}"`)
	case namesKind:
		return joinedNames.MatchString(item) || strings.Count(item, `"`)%2 != 0 || strings.Count(item, "[") > 1 || strings.HasPrefix(item, "{") ||
			!strings.Contains(item, "[") && strings.ContainsAny(item, " ,")
	default:
		return !token.MatchString(item) || strings.HasPrefix(item, "{")
	}
}
