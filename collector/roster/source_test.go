package roster

import (
	"strings"
	"testing"
)

func TestParseSource(t *testing.T) {
	t.Parallel()
	const id = "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11"
	for text, want := range map[string]Source{
		"entra:leave-date":                   {Kind: LeaveDate},
		"ENTRA:Deleted":                      {Kind: Deleted},
		"entra:disabled":                     {Kind: Disabled},
		"entra:disabled=all":                 {Kind: Disabled, Guests: true},
		"entra:group=" + strings.ToUpper(id): {Kind: Group, Group: id},
	} {
		got, err := ParseSource(text)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
		if again, err := ParseSource(got.String()); err != nil || again != got {
			t.Errorf("%s becomes %s", text, got)
		}
	}
	for _, text := range []string{
		"entra:", "entra:everybody", "entra:group", "entra:group=Leavers", "entra:deleted=all", "entra:leave-date=2026", "entra:disabled=guests", "leavers.csv",
	} {
		if got, err := ParseSource(text); err == nil {
			t.Errorf("%s is %+v", text, got)
		}
	}
	if !IsSource("entra:nonsense") || IsSource("./entra:disabled") || IsSource("entra.csv") {
		t.Error("what begins with entra: is no file, and nothing else is a source")
	}
}

func TestExclusion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, id string
		names    []string
		want     bool
	}{
		{"svc-*@contoso.example", idA, []string{"SVC-backup@Contoso.example"}, true},
		{"svc-*@contoso.example", idA, []string{"msvc-backup@contoso.example"}, false},
		{"svc-*@contoso.example", idA, []string{"svc-backup@contoso.example.org"}, false},
		{"Break Glass ?", idA, []string{"bg1@contoso.example", "break glass 1"}, true},
		{"Break Glass ?", idA, []string{"Break Glass 12"}, false},
		{"room (1.5)*", idA, []string{"Room (1.5) / North"}, true},
		{"a.b@contoso.example", idA, []string{"aXb@contoso.example"}, false},
		{strings.ToUpper(idA), idA, []string{"anybody"}, true},
		{idA, idB, []string{idA}, false},
		{"*", idA, []string{""}, false},
	} {
		x, err := ParseExclusion(tc.text)
		if err != nil || x.Matches(tc.id, tc.names...) != tc.want {
			t.Errorf("%s and %v: want %v, %v", tc.text, tc.names, tc.want, err)
		}
	}
	if _, err := ParseExclusion(" "); err == nil {
		t.Error("an empty pattern is a mistake")
	}
	if got := Undeleted(idA, strings.ReplaceAll(idA, "-", "")+"d.rook@b.example"); got != "d.rook@b.example" {
		t.Errorf("got %s", got)
	}
	if got := Undeleted("", "d.rook@b.example"); got != "d.rook@b.example" {
		t.Errorf("got %s", got)
	}
}
