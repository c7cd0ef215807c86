package report

import (
	"cmp"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// openProperties are those whose values are words of Microsoft's or of the rules, and of no tenant.
func openProperties() []string {
	return []string{
		"AccessRights", "ArchiveStatus", "ClientType", "DeviceAccessState", "DeviceAccessStateReason", "DeviceOS", "DeviceType", "RecipientTypeDetails",
		"Status", "TotalItemSize", "accessId", "actionName", "actionState", "activationState", "assignmentStatus", "because", "broken", "capabilityStatus",
		"cause", "consentType", "credential", "eligibility", "groupTypes", "kind", "kinds", "mailHandling", "mailboxState", "mailboxType",
		"managedDeviceOwnerType", "managementState", "matchedBy", "memberType", "mend", "methodUsabilityReason", "numberType", "operatingSystem", "phoneType",
		"principalType", "relations", "right", "skuPartNumber", "state", "trustType", "type", "usage", "userType",
	}
}

// openValue is the shape of such a word. Who can write into a property of these can write no address.
var openValue = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._,()/-]{0,63}$`)

var (
	guid      = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	pseudonym = regexp.MustCompile(`^((name-)?[0-9a-f]{12}|[0-9a-f]{12}@redacted\.example|https://redacted\.example/[0-9a-f]{12})$`)
	number    = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,3})?$`)
	dayOrHour = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2}(:[0-9]{2})?)$`)
	letters   = regexp.MustCompile(`^[A-Za-z]+$`)
	// identifying is what could name somebody in a sentence of the program's own.
	identifying = regexp.MustCompile(`\S*@\S*|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]{5,}`)
	// endpoint is the shape of a documented request.
	endpoint = regexp.MustCompile(`^[A-Za-z0-9 /?$=.&{}_,:()'*-]*$`)
)

func isGUID(text string) bool { return guid.MatchString(text) }

// name replaces a whole text, and notes it as one that may stand in sentences, too.
func (r *redaction) name(text string) string {
	if text == "" {
		return ""
	}
	out := r.Pseudonym(text)
	if utf8.RuneCountInString(text) >= 3 && (!r.words[text] || text != strings.ToLower(text)) {
		r.known[text] = out
	}
	return out
}

// under replaces the value of a property.
func (r *redaction) under(property, text string) string {
	_, isTime := time.Parse(time.RFC3339Nano, text)
	switch {
	case text == "" || isTime == nil || r.pseudonym(text):
		return text
	case property == "resource" && r.plain(text):
		return text
	case slices.Contains(openProperties(), property) && openValue.MatchString(text) && !identifying.MatchString(strings.NewReplacer(",", "").Replace(wordsOnly(text))):
		return text
	}
	return r.name(text)
}

// wordsOnly leaves out a count of bytes, which is as long as it is.
func wordsOnly(text string) string {
	if before, _, ok := strings.Cut(text, " ("); ok && strings.HasSuffix(text, " bytes)") {
		return before
	}
	return text
}

// property keeps the name of a property.
func (r *redaction) property(key string) string {
	if r.words[key] || number.MatchString(key) || len(key) == 5 && number.MatchString(key[:4]) && number.MatchString(key[4:]) {
		return key
	}
	return r.name(key)
}

// word keeps one of the words of the format.
func (r *redaction) word(text string) string {
	if text == "" || r.plain(text) {
		return text
	}
	return r.name(text)
}

// source keeps the parts of Entra that can name leavers.
func (r *redaction) source(text string) string {
	part, ok := strings.CutPrefix(text, "entra:")
	if !ok {
		return r.name(text)
	}
	kind, of, given := strings.Cut(part, "=")
	switch {
	case !letters.MatchString(strings.ReplaceAll(kind, "-", "")):
		return r.name(text)
	case given:
		return "entra:" + kind + "=" + r.name(of)
	}
	return text
}

// endpoint keeps a documented request; those of the collector have no identifiers in them.
func (r *redaction) endpoint(text string) string {
	if endpoint.MatchString(text) && !identifying.MatchString(text) {
		return text
	}
	return r.name(text)
}

// identifiers replaces addresses and identifiers in a sentence of the program's own.
func (r *redaction) identifiers(text string) string {
	return identifying.ReplaceAllStringFunc(text, r.Pseudonym)
}

// text replaces the names that are known in a sentence, then every word that is nobody's.
func (r *redaction) text(text string) string {
	for _, known := range []map[string]string{r.known, r.tenant} {
		names := slices.SortedFunc(maps.Keys(known), func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
		for _, name := range names {
			text = replaceWhole(text, name, known[name])
		}
	}
	var out strings.Builder
	rest := text
	for token := range tokens(text) {
		at := strings.Index(rest, token)
		out.WriteString(rest[:at])
		rest = rest[at+len(token):]
		if r.plain(token) {
			out.WriteString(token)
		} else {
			out.WriteString(r.Pseudonym(token))
		}
	}
	return out.String() + rest
}

// plain says that a token is of no tenant: a word of the rules, a number, a time, or a pseudonym.
func (r *redaction) plain(token string) bool {
	if r.words[token] || r.rules[token] || number.MatchString(token) || dayOrHour.MatchString(token) || r.pseudonym(token) {
		return true
	}
	if _, err := time.Parse(time.RFC3339Nano, token); err == nil {
		return true
	}
	parts := strings.FieldsFunc(token, func(c rune) bool { return c == '-' || c == '/' })
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(part string) bool { return !letters.MatchString(part) || !r.words[part] })
}

// pseudonym says that a text is one already.
func (r *redaction) pseudonym(text string) bool {
	kind, address, ok := strings.Cut(text, ":")
	return pseudonym.MatchString(text) || ok && strings.EqualFold(kind, "smtp") && pseudonym.MatchString(address)
}

// replaceWhole replaces a name where it stands by itself, in whatever letters.
func replaceWhole(text, name, by string) string {
	var out strings.Builder
	lower, find := strings.ToLower(text), strings.ToLower(name)
	if len(lower) != len(text) { // letters that change their length: only as it is written
		lower, find = text, name
	}
	from := 0
	for {
		at := strings.Index(lower[from:], find)
		if at < 0 {
			return out.String() + text[from:]
		}
		start, end := from+at, from+at+len(find)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if within(before) || within(after) {
			out.WriteString(text[from:end])
		} else {
			out.WriteString(text[from:start] + by)
		}
		from = end
	}
}

func within(c rune) bool { return c != utf8.RuneError && (unicode.IsLetter(c) || unicode.IsDigit(c)) }

// tokens gives the words of a text: what stands between spaces, brackets and the like, without the marks of a
// sentence around it.
func tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, field := range strings.FieldsFunc(text, func(c rune) bool {
			return unicode.IsSpace(c) || strings.ContainsRune(",;()[]{}\"!?=<>|`\\", c)
		}) {
			if token := strings.Trim(field, ".:'*%"); token != "" && !yield(token) {
				return
			}
		}
	}
}
