package roster

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func read(t *testing.T, text string) (File, error) {
	t.Helper()
	return ReadCSV("/somewhere/leavers.csv", strings.NewReader(text), nil)
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	amsterdam, err := LoadZone("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text string
		zone *time.Location
		want Entry
	}{
		"a time": {
			text: "userPrincipalName,leftAt\na@b.example,2026-05-29T18:00:00+02:00\n",
			want: Entry{UserPrincipalName: "a@b.example", LeftAt: at("2026-05-29T16:00:00Z"), LeftBy: at("2026-05-29T16:00:00Z")},
		},
		"a date with the zone of the flag": {
			text: "mail,leftAt\na@b.example,2026-05-29\n", zone: amsterdam,
			want: Entry{Mail: "a@b.example", LeftAt: at("2026-05-28T22:00:00Z"), LeftBy: at("2026-05-29T22:00:00Z")},
		},
		"the row's own zone wins, on a day of 25 hours": {
			text: "mail,leftAt,timeZone\na@b.example,2026-10-25,Europe/Amsterdam\n", zone: time.UTC,
			want: Entry{Mail: "a@b.example", LeftAt: at("2026-10-24T22:00:00Z"), LeftBy: at("2026-10-25T23:00:00Z")},
		},
		"BOM, semicolons, quotes, CRLF, any case": {
			text: "\uFEFFEmployeeID;LEFTAT;displayname\r\n17;2026-05-29T16:00:00Z;\"Rook; Dana\"\r\n",
			want: Entry{EmployeeID: "17", DisplayName: "Rook; Dana", LeftAt: at("2026-05-29T16:00:00Z"), LeftBy: at("2026-05-29T16:00:00Z")},
		},
		"everything": {
			text: "id,userPrincipalName,employeeId,mail,leftAt,displayName,successor,mailHandling,aliases,note\n" +
				"6F1C2B7E-0D4A-4C52-9B1E-0A9B6D0C1F11,a@b.example,17,m@b.example,2026-05-29T16:00:00Z,D,s@b.example,Forward,x@b.example | y@b.example,n\n",
			want: Entry{
				ID: "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11", UserPrincipalName: "a@b.example", EmployeeID: "17", Mail: "m@b.example", DisplayName: "D",
				Successor: "s@b.example", MailHandling: "forward", Aliases: []string{"x@b.example", "y@b.example"}, Note: "n",
				LeftAt: at("2026-05-29T16:00:00Z"), LeftBy: at("2026-05-29T16:00:00Z"),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := ReadCSV("/somewhere/leavers.csv", strings.NewReader(tc.text), tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			got := file.Entries[0]
			tc.want.Source, tc.want.file, tc.want.line = "leavers.csv:2", "leavers.csv", 2
			if !got.LeftAt.Equal(tc.want.LeftAt) || !got.LeftBy.Equal(tc.want.LeftBy) || strings.Join(got.Aliases, "|") != strings.Join(tc.want.Aliases, "|") {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			got.LeftAt, got.LeftBy, got.Aliases, tc.want.LeftAt, tc.want.LeftBy, tc.want.Aliases = time.Time{}, time.Time{}, nil, time.Time{}, time.Time{}, nil
			if got.Source != tc.want.Source || got.ID != tc.want.ID || got.DisplayName != tc.want.DisplayName || got.MailHandling != tc.want.MailHandling || got.EmployeeID != tc.want.EmployeeID {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// Every mistake is one line that says where it is and what to do.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const ok = "a@b.example,2026-05-29T16:00:00Z\n"
	for name, tc := range map[string]struct{ text, want string }{
		"empty":                {"", "leavers.csv: is empty"},
		"nobody":               {"userPrincipalName,leftAt\n", "leavers.csv: names nobody"},
		"no column of names":   {"name,leftAt\nx,2026-05-29T16:00:00Z\n", "leavers.csv:1:1: no column names the people"},
		"no leave time":        {"userPrincipalName\na@b.example\n", "leavers.csv:1:1: the column leftAt is missing"},
		"a column twice":       {"mail,leftAt,MAIL\n", "leavers.csv:1:13: the column mail stands here for the second time"},
		"no name in the row":   {"userPrincipalName,leftAt\n" + ok + ",2026-05-29T16:00:00Z\n", "leavers.csv:3: names nobody"},
		"bad date":             {"userPrincipalName,leftAt\na@b.example,29/05/2026\n", `leavers.csv:2:13: "29/05/2026" is neither a time`},
		"no date":              {"userPrincipalName,leftAt\na@b.example,\n", "leavers.csv:2:13: the leave time is empty"},
		"impossible day":       {"userPrincipalName,leftAt\na@b.example,2026-02-30\n", `leavers.csv:2:13: "2026-02-30" is neither`},
		"date without zone":    {"userPrincipalName,leftAt\na@b.example,2026-05-29\n", "leavers.csv:2:13: the date 2026-05-29 needs a time zone"},
		"unknown zone":         {"userPrincipalName,leftAt,timeZone\na@b.example,2026-05-29,Mars/Olympus\n", `leavers.csv:2:24: "Mars/Olympus" is no time zone`},
		"year one":             {"userPrincipalName,leftAt\na@b.example,0001-01-01T00:00:00Z\n", "leavers.csv:2:13: the year 1 cannot be meant"},
		"no object id":         {"id,leftAt\nabc,2026-05-29T16:00:00Z\n", `leavers.csv:2:1: "abc" is no object id`},
		"no UPN":               {"userPrincipalName,leftAt\nabc,2026-05-29T16:00:00Z\n", `leavers.csv:2:1: "abc" is no user principal name`},
		"mail handling":        {"mail,leftAt,mailHandling\na@b.example,2026-05-29T16:00:00Z,keep\n", `leavers.csv:2:34: "keep" is none of`},
		"successor":            {"mail,leftAt,successor\na@b.example,2026-05-29T16:00:00Z,boss\n", `leavers.csv:2:34: "boss" is no user principal name`},
		"the same person":      {"userPrincipalName,leftAt\n" + ok + strings.ToUpper(ok[:11]) + ok[11:], "leavers.csv:3: the same person as line 2 (userPrincipalName a@b.example)"},
		"too few fields":       {"userPrincipalName,leftAt\na@b.example\n", "leavers.csv:2:1: this row has not as many fields"},
		"an open quote":        {"userPrincipalName,leftAt\n\"a@b.example,2026\n", "leavers.csv:"},
		"Latin-1":              {"displayName,mail,leftAt\nJos\xe9,a@b.example,2026-05-29T16:00:00Z\n", "leavers.csv:2:4: not UTF-8"},
		"UTF-16":               {"\xff\xfem\x00a\x00", "leavers.csv: is UTF-16"},
		"NUL":                  {"mail,leftAt\na@b.example\x00,2026-05-29T16:00:00Z\n", "leavers.csv:2:12: a NUL character"},
		"a field without end":  {"mail,leftAt,note\na@b.example,2026-05-29T16:00:00Z," + strings.Repeat("x", maxField+1) + "\n", "leavers.csv:2:34: a field of 4097 bytes"},
		"a line inside quotes": {"mail,leftAt,note\na@b.example,2026-05-29T16:00:00Z,\"one\ntwo\"\nb,2026-05-29T16:00:00Z,\n", `leavers.csv:4:1: "b" is no mail address`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, tc.text)
			var place *Error
			if !errors.As(err, &place) || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestColumnsThatMeanNothingAreNamed(t *testing.T) {
	t.Parallel()
	file, err := read(t, "mail,leftAt,successer\na@b.example,2026-05-29T16:00:00Z,x\n")
	if err != nil || len(file.Unused) != 1 || file.Unused[0] != "successer" {
		t.Errorf("got %v, %v", file.Unused, err)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("userPrincipalName,leftAt\na@b.example,2026-05-29T16:00:00Z\n")
	f.Add("\uFEFFid;leftAt\n;;\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := ReadCSV("x.csv", strings.NewReader(text), time.UTC)
		var place *Error
		if err != nil && !errors.As(err, &place) {
			t.Fatalf("an error without a place: %v", err)
		}
		if err == nil && len(file.Entries) == 0 {
			t.Fatal("a roster of nobody")
		}
		for _, e := range file.Entries {
			if len(e.keys()) == 0 || e.LeftBy.Before(e.LeftAt) {
				t.Fatalf("an entry that is nobody, or leaves backwards: %+v", e)
			}
		}
	})
}
