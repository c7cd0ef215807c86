package roster

import (
	"errors"
	"regexp"
	"strings"
)

// Exclusion says whom not to look at although a roster names them: accounts for emergencies and of services.
type Exclusion struct {
	text    string
	id      string // the object id that it is, in lower case, or else a pattern of names
	pattern *regexp.Regexp
}

// ParseExclusion reads an object id, or a pattern of user principal names and display names in which * stands
// for any characters and ? for one. Case does not matter.
func ParseExclusion(text string) (Exclusion, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return Exclusion{}, errors.New("it is empty; give an object id, a user principal name, or a pattern such as svc-*@contoso.com")
	}
	if id := strings.ToLower(trimmed); IsObjectID(id) {
		return Exclusion{text: trimmed, id: id}, nil
	}
	expression := regexp.QuoteMeta(trimmed)
	expression = strings.ReplaceAll(expression, `\*`, ".*")
	expression = strings.ReplaceAll(expression, `\?`, ".")
	pattern, err := regexp.Compile("(?is)^" + expression + "$")
	return Exclusion{text: trimmed, pattern: pattern}, err
}

// String is the exclusion as it was given.
func (x Exclusion) String() string { return x.text }

// Matches reports whether it means the account with this object id, or one of these names.
func (x Exclusion) Matches(id string, names ...string) bool {
	if x.id != "" {
		return x.id == strings.ToLower(id)
	}
	for _, name := range names {
		if name != "" && x.pattern.MatchString(name) {
			return true
		}
	}
	return false
}

// Undeleted is a user principal name as it was before the account was deleted: deletion puts the object id,
// without dashes, before it.
func Undeleted(id, userPrincipalName string) string {
	prefix := strings.ReplaceAll(id, "-", "")
	if prefix != "" && len(userPrincipalName) > len(prefix) && strings.EqualFold(userPrincipalName[:len(prefix)], prefix) {
		return userPrincipalName[len(prefix):]
	}
	return userPrincipalName
}
