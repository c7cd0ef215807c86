package published_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leavercheck/collector/simtenant/published"
)

func description(t *testing.T) *published.Description {
	t.Helper()
	dir, ok := os.LookupEnv("LEAVERCHECK_SCHEMAS")
	if !ok {
		dir = filepath.Join("..", "..", "..", "..", "shared", "schemas")
		if _, err := os.Stat(dir); err != nil {
			t.Skip("Microsoft's description of Graph is not here; set LEAVERCHECK_SCHEMAS to run this test")
		}
	}
	d, err := published.Read(filepath.Join(dir, "graph"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// hold fails the test unless exactly what is wanted is found; "" is nothing.
func hold(t *testing.T, problems []string, want string) {
	t.Helper()
	switch all := strings.Join(problems, "\n"); {
	case want == "" && all != "":
		t.Errorf("it finds %s", all)
	case !strings.Contains(all, want):
		t.Errorf("it finds %q, want %q", all, want)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	d := description(t)
	for target, want := range map[string]string{
		"/v1.0/users?$select=id,mail&$top=999":                                                        "",
		"/v1.0/users?$filter=mail eq 'o''x@y' or proxyAddresses/any(p:p eq 'SMTP:o@y')":               "",
		"/v1.0/users?$filter=accountEnabled eq true and not startswith(mail,'a')":                     "without ConsistencyLevel",
		"/v1.0/users?$filter=accountEnabled ne true":                                                  "without ConsistencyLevel",
		"/v1.0/users?$count=true":                                                                     "without ConsistencyLevel",
		"/v1.0/users/$count":                                                                          "without ConsistencyLevel",
		"/v1.0/users?$filter=accountEnabled eq 'true'":                                                "is no boolean",
		"/v1.0/users?$filter=mail eq x":                                                               "is no string",
		"/v1.0/users?$filter=mial eq 'x'":                                                             `no property "mial"`,
		"/v1.0/users?$filter=mail is 'x'":                                                             `no operator "is"`,
		"/v1.0/users?$filter=mail eq 'x' 'y'":                                                         "left over",
		"/v1.0/users?$filter=mail":                                                                    "compared with nothing",
		"/v1.0/users?$filter=mail/any(p:p eq 'x')":                                                    "is no list",
		"/v1.0/users?$filter=(mail eq 'x'":                                                            `in the place of ")"`,
		"/v1.0/users?$filter=assignedLicenses/any(l:l/skuId eq 0f0f0f0f-0000-4000-8000-000000000001)": "",
		"/v1.0/auditLogs/signIns?$filter=createdDateTime ge 2026-01-01T00:00:00Z and userId eq 'x'":   "",
		"/v1.0/auditLogs/signIns?$filter=createdDateTime ge '2026'":                                   "is no string date-time",
		"/v1.0/auditLogs/signIns?$filter=status/errorCode eq 0":                                       "",
		"/v1.0/auditLogs/signIns?$filter=conditionalAccessStatus eq 'nothing'":                        "is no string",
		"/v1.0/users?$select=id,signinactivity":                                                       `no property "signinactivity"`,
		"/v1.0/users?$skip=3":                                                                         "does not take $skip",
		"/v1.0/users?$top=many":                                                                       "$top is many",
		"/v1.0/users?$top=1&$top=2":                                                                   "2 times",
		"/v1.0/users?top=1":                                                                           "does not take top",
		"/v1.0/users/delta()?$deltatoken=latest":                                                      "",
		"/v1.0/groups?$deltatoken=latest":                                                             "does not take $deltatoken",
		"/v1.0/user":                                                                                  "not documented",
		"/beta/users":                                                                                 "only the non-interactive sign-ins",
		"/beta/auditLogs/signIns?$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser')":           "",
		"/v1.0/users/x/ownedObjects/microsoft.graph.group?$select=groupTypes":                         "",
		"/v1.0/users/x/ownedObjects/microsoft.graph.signIn":                                           "not documented",
		"/v1.0/roleManagement/directory/roleAssignments?$expand=principal($select=displayName)":       "",
		"/v1.0/roleManagement/directory/roleAssignments?$expand=principals":                           `no relation "principals"`,
		"/v1.0/roleManagement/directory/roleAssignments?$expand=roleDefinition($select=name)":         `no property "name"`,
		"/v1.0/auditLogs/signIns?$orderby=createdDateTime up":                                         "no direction",
	} {
		hold(t, d.Request(http.MethodGet, strings.ReplaceAll(target, " ", "%20"), nil), want)
	}
	hold(t, d.Request(http.MethodGet, "/v1.0/users/$count", http.Header{"Consistencylevel": {"eventual"}}), "")
	hold(t, d.Request(http.MethodPost, "/v1.0/users", nil), "nothing is written")
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	d := description(t)
	for _, test := range []struct {
		target string
		status int
		body   string
		want   string
	}{
		{"/v1.0/users", 200, `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users","value":[{"id":"x","mail":null,"otherMails":[]}]}`, ""},
		{"/v1.0/users", 200, `{"value":[{"id":null}]}`, "value[0].id is null"},
		{"/v1.0/users", 200, `{"value":[{"otherMails":null}]}`, "value[0].otherMails is null"},
		{"/v1.0/users", 200, `{"value":[{"otherMails":"x"}]}`, "no array"},
		{"/v1.0/users", 200, `{"value":[{"otherMails":[1]}]}`, "no string"},
		{"/v1.0/users", 200, `{"value":[{"accountEnabled":"true"}]}`, "no boolean"},
		{"/v1.0/users", 200, `{"value":[{"createdDateTime":"2026-01-01"}]}`, "date-time"},
		{"/v1.0/users", 200, `{"value":[{"mial":"x"}]}`, "no property of microsoft.graph.user"},
		{"/v1.0/users", 200, `{"value":[{"assignedLicenses":[{"skuId":"x"}]}]}`, "no string uuid"},
		{"/v1.0/users", 200, `{"value":[{"assignedLicenses":[{"sku":"x"}]}]}`, "no property of microsoft.graph.assignedLicense"},
		{"/v1.0/users", 200, `{"value":[{"@removed":{"reason":"changed"}}]}`, "@removed is no property"},
		{"/v1.0/users/delta()", 200, `{"@odata.deltaLink":"https://x","value":[{"@removed":{"reason":"changed"}}]}`, ""},
		{"/v1.0/users", 200, `{"@odata.deltaLink":"https://x","value":[]}`, "deltaLink"},
		{"/v1.0/users", 200, `{"id":"x"}`, "value is no list"},
		{"/v1.0/users", 200, `{"value":[],"more":true}`, `has "more"`},
		{"/v1.0/users", 200, `{"value":[`, "EOF"},
		{"/v1.0/auditLogs/signIns", 200, `{"value":[{"conditionalAccessStatus":"unknownFutureValue"}]}`, ""},
		{"/v1.0/auditLogs/signIns", 200, `{"value":[{"conditionalAccessStatus":"Success"}]}`, "not one of"},
		{"/v1.0/auditLogs/signIns", 200, `{"value":[{"status":{"errorCode":"0"}}]}`, "no integer"},
		{"/v1.0/auditLogs/signIns", 200, `{"value":[{"status":7}]}`, "signInStatus"},
		{"/v1.0/auditLogs/signIns", 200, `{"value":[{"userDisplayName":{}}]}`, "no string"},
		{"/v1.0/users/x/memberOf", 200, `{"value":[{"@odata.type":"#microsoft.graph.group","id":"x","groupTypes":[]}]}`, ""},
		{"/v1.0/users/x/memberOf", 200, `{"value":[{"@odata.type":"#microsoft.graph.group","id":"x","groupTypes":null}]}`, ""},
		{"/v1.0/users/x/memberOf", 200, `{"value":[{"@odata.type":"#microsoft.graph.group","id":"x","groupTypes":null,"displayName":"y"}]}`, "groupTypes is null"},
		{"/v1.0/users/x/memberOf", 200, `{"value":[{"id":"x"}]}`, "of which kind"},
		{"/v1.0/users/x/memberOf", 200, `{"value":[{"@odata.type":"#microsoft.graph.signIn","id":"x"}]}`, "no microsoft.graph.directoryObject"},
		{"/v1.0/users/x/memberOf", 200, `{"value":[{"@odata.type":"#microsoft.graph.grupp","id":"x"}]}`, "no kind"},
		{"/v1.0/roleManagement/directory/roleAssignments", 200, `{"value":[{"principal":null}]}`, "principal is no property"},
		{"/v1.0/roleManagement/directory/roleAssignments?$expand=principal", 200, `{"value":[{"principal":null}]}`, ""},
		{"/v1.0/users", 403, `{"error":{"code":"x","message":"y","innerError":{"date":"z"}}}`, ""},
		{"/v1.0/users", 403, `{"error":{"code":"x"}}`, "error.message"},
		{"/v1.0/users", 403, `{"error":{"code":"x","message":"y","reason":"z"}}`, "not documented"},
		{"/v1.0/users", 403, `{"error":"x"}`, "no error"},
		{"/v1.0/users", 403, `{"value":[]}`, "no error"},
	} {
		hold(t, d.Answer(test.target, test.status, []byte(test.body)), test.want)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	d := description(t)
	const asked = `{"requests":[{"id":"1","method":"GET","url":"/users/x?$select=id"}]}`
	for _, test := range []struct{ asked, answer, want string }{
		{asked, `{"responses":[{"id":"1","status":200,"headers":{"Content-Type":"application/json"},"body":{"id":"x"}}]}`, ""},
		{asked, `{"responses":[{"id":"1","status":200,"headers":{"Content-Type":"application/json"},"body":{"id":7}}]}`, "no string"},
		{asked, `{"responses":[{"id":"2","status":200}]}`, "an answer to nothing"},
		{asked, `{"responses":[]}`, "no answer to"},
		{strings.ReplaceAll(asked, "=id", "=it"), `{"responses":[{"id":"1","status":204}]}`, `no property "it"`},
		{strings.ReplaceAll(asked, "/users", "users"), `{"responses":[{"id":"1","status":204}]}`, "id or url"},
		{`{"requests":[]}`, `{"responses":[]}`, "0 items"},
	} {
		_, problems := d.Batch("v1.0", []byte(test.asked), http.StatusOK, []byte(test.answer))
		hold(t, problems, test.want)
	}
}
